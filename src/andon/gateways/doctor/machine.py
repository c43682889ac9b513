"""The machine below: files, volumes, memory, clock, versions."""

import math
import stat
from collections import Counter
from pathlib import Path

from andon.features.ballots import public as ballots
from andon.gateways.doctor.findings import Said, check, ok, problem, unknown, warning
from andon.gateways.doctor.place import Place

FORGETFUL_ON = {"ext2", "ext3", "ext4", "xfs", "vfat"}
KEEPS_OLD_BLOCKS = {"btrfs", "zfs", "overlay", "bcachefs", "nilfs2", "f2fs", "aufs", "fuse.overlayfs"}
NOT_THERE_AFTER_A_REBOOT = {"tmpfs", "ramfs"}
DATABASES = ("default", "ballots", "issuance", "mailboxes")


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)


@check("D01", "The data directory is for the service alone")
def data_directory(here: Place) -> Said:
    if not here.data_directory.is_dir():
        return problem("It is not there.", "Run `andon prepare`, or set ANDON_DATA to where it is.")
    mode = stat.S_IMODE(here.data_directory.stat().st_mode)
    if mode & 0o077:
        return problem(f"Its mode is {mode:04o}.", "chmod 700 the directory: it holds the databases.")
    if here.data_directory.stat().st_uid != here.effective_user():
        return warning("It belongs to another account than this command runs as.", "Run it as the service's account.")
    return ok(f"mode {mode:04o}")


@check("D02", "No file of the data directory is open to others")
def files_of_the_data_directory(here: Place) -> Said:
    files = [path for path in here.data_directory.iterdir() if path.is_file()]
    kinds = Counter(path.suffix or path.name for path in files if _open_to_others(path))
    if kinds:
        seen = ", ".join(f"{count} x {kind}" for kind, count in sorted(kinds.items()))
        return problem(f"Others may read or change: {seen}.", "chmod 600 them, and start the service with umask 077.")
    return ok(f"{len(files)} files")


@check("D03", "The secret key is secret and strong")
def secret_key(here: Place) -> Said:
    file = here.data_directory / "secret-key"
    if file.exists() and _open_to_others(file):
        return problem("Others may read the file.", "chmod 600 it, and draw a new key: everybody signs in again.")
    counts = Counter(here.secret_key)
    length = len(here.secret_key)
    bits = -sum(n * math.log2(n / length) for n in counts.values()) if length else 0.0
    if length < 50 or bits < 128:
        return problem(
            "It is short, or hardly changes from sign to sign.",
            "Remove ANDON_SECRET_KEY and let `andon prepare` write one.",
        )
    if here.environment.get("ANDON_SECRET_KEY"):
        return warning(
            "It stands in the environment, which tools that show processes may show.",
            "Use ANDON_SECRET_KEY_FILE, or let `andon prepare` write the file.",
        )
    return ok(f"{length} signs, in a file")


def _too_much(path: Path) -> int:
    """The bits that no file or folder of the key directory may have. A group may pass to the seeds and read those."""
    if not path.parts:
        return 0o067
    return 0o027 if path.parts[0] == ballots.KeyKind.SEED else 0o077


@check("D04", "The key directory is there, and for the service alone")
def key_directory(here: Place) -> Said:
    try:
        ballots.KeyDirectory(here.key_directory).check()
    except ballots.KeyDirectoryMissing:
        return problem(
            "Its marker is missing: not mounted, or never prepared.",
            "Mount the volume. On a new installation run `andon prepare`.",
        )
    # But for the marker, which says nothing.
    inside = (path for path in here.key_directory.rglob("*") if path.is_dir() or path.parent != here.key_directory)
    paths = (here.key_directory, *inside)
    wrong = [path for path in paths if path.stat().st_mode & _too_much(path.relative_to(here.key_directory))]
    if wrong:
        return problem(
            f"{len(wrong)} of its files and folders are open to others.",
            "Stop the service, chmod -R go= the key directory, and run `andon prepare`.",
        )
    return ok("the marker is there")


@check("D05", "The key directory is a volume of its own")
def own_volume(here: Place) -> Said:
    if here.device(here.key_directory) == here.device(here.data_directory):
        return warning(
            "It is on the volume of the databases: whatever copies these copies the keys.",
            "Give ANDON_KEYS a small volume of its own that nothing copies.",
        )
    return ok("another device than the data directory")


@check("D06", "The file system of the keys overwrites in place")
def file_system(here: Place) -> Said:
    mount = here.mount_of(here.key_directory)
    if mount is None:
        return unknown("The mount of the key directory cannot be read here.")
    if mount.kind in KEEPS_OLD_BLOCKS:
        return problem(
            f"{mount.kind} writes beside what it overwrites, so destroyed keys may stay.",
            "Move the key directory to ext4 in its default mode or to xfs.",
        )
    if mount.kind in NOT_THERE_AFTER_A_REBOOT:
        return problem(
            f"{mount.kind} is gone after a reboot, and every open round with it.",
            "Move the key directory to a small ext4 volume.",
        )
    if "data=journal" in mount.options:
        return problem(
            "ext4 with data=journal keeps what is written in its journal as well.",
            "Mount it with data=ordered, the default.",
        )
    if mount.kind not in FORGETFUL_ON:
        return unknown(f"Nothing is known here about {mount.kind}.", "Use ext4 in its default mode or xfs.")
    return ok(mount.kind)


@check("D07", "No snapshots are taken of the keys, as far as can be seen")
def snapshots(here: Place) -> Said:
    mount = here.mount_of(here.key_directory)
    if mount is None:
        return unknown("The mount of the key directory cannot be read here.")
    name = mount.device.rpartition("/")[2]
    if not mount.device.startswith("/dev/mapper/") and not name.startswith("dm-"):
        return unknown(
            "Not on LVM. What the machine below (a hypervisor, a storage) copies cannot be seen from here.",
            "Leave the volume out of snapshots and images there.",
        )
    names = here.device_mapper_names()
    if any(other in {f"{name}-real", f"{name}-cow"} for other in names):
        return problem("LVM keeps a snapshot of this volume.", "Remove the snapshot (lvremove), and take none again.")
    return unknown(
        "LVM shows no snapshot. What the machine below copies cannot be seen from here.",
        "Leave the volume out of snapshots and images there.",
    )


@check("D08", "The volumes are mounted to be written, and the keys' one without programs")
def mount_options(here: Place) -> Said:
    mounts = [here.mount_of(path) for path in (here.data_directory, here.key_directory)]
    if None in mounts:
        return unknown("The mounts cannot be read here.")
    if any(mount is not None and "ro" in mount.options for mount in mounts):
        return problem("A volume is mounted read-only.", "Look into the system's log for errors of the disk.")
    keys = mounts[1]
    missing = sorted({"nodev", "nosuid", "noexec"} - (keys.options if keys else frozenset()))
    if missing:
        return warning(f"The volume of the keys is mounted without {', '.join(missing)}.", "Add them in /etc/fstab.")
    return ok("rw; nodev, nosuid, noexec for the keys")


@check("D09", "Memory is not swapped to a disk")
def swap(here: Place) -> Said:
    listed = here.read("/proc/swaps")
    if listed is None:
        return unknown("/proc/swaps cannot be read here.")
    used = [line.split()[0] for line in listed.splitlines()[1:] if line.strip()]
    on_disk = [name for name in used if "zram" not in name]
    if on_disk:
        return warning(
            f"{len(on_disk)} swap spaces: a key in memory may be written there and outlive its round.",
            "Run swapoff, or encrypt swap with a key that is drawn at each start.",
        )
    return ok("no swap, or in memory only")


@check("D10", "A crash leaves no image of memory")
def core_dumps(here: Place) -> Said:
    pattern = (here.read("/proc/sys/kernel/core_pattern") or "").strip()
    # A handler behind a pipe takes the image whatever the limit says.
    if here.core_limit() == 0 and not pattern.startswith("|"):
        return ok("the limit for core dumps is 0")
    return warning(
        "A process that crashes may leave its memory on the disk, keys included.",
        "Set LimitCORE=0 in the unit, and Storage=none in coredump.conf where systemd-coredump takes them.",
    )


@check("D11", "The service does not run as root")
def account(here: Place) -> Said:
    if here.effective_user() == 0:
        return warning("This command runs as root.", "Give the service an account of its own, and run this as it.")
    return ok("an account of its own")


@check("D12", "There is room on the disks")
def disk_space(here: Place) -> Said:
    shares = []
    for path in (here.data_directory, here.key_directory):
        free, size = here.free(path)
        shares.append(free / size if size else 0.0)
        if free < 100 * 2**20 and path == here.data_directory:
            return problem(f"{free // 2**20} MB are free.", "Make room: a full disk takes no answer.")
    seen = ", ".join(f"{share:.0%}" for share in shares)
    if min(shares) < 0.02:
        return problem(f"Free on data and keys: {seen}.", "Make room: a full disk takes no answer.")
    if min(shares) < 0.1:
        return warning(f"Free on data and keys: {seen}.", "Make room before it is needed.")
    return ok(f"free on data and keys: {seen}")


@check("D13", "The clock is set by others")
def clock(here: Place) -> Said:
    status = here.clock_status()
    if status is None or status < 0:
        return unknown("The kernel does not tell about its clock here.")
    if status == 5:
        return warning(
            "The kernel says that the clock is not synchronised.",
            "Run systemd-timesyncd or chrony: rounds open and close, and codes end, by this clock.",
        )
    return ok("synchronised, says the kernel")


@check("D14", "Versions")
def versions(here: Place) -> Said:
    found = here.versions()
    seen = ", ".join(f"{name} {'.'.join(map(str, version))}" for name, version in sorted(found.items()))
    least = {"Python": (3, 11), "Django": (5, 2), "SQLite": (3, 35), "OpenSSL": (3, 0)}
    old = [name for name, version in least.items() if found[name] < version]
    if old:
        return problem(f"Too old: {', '.join(old)}. {seen}", "Update them; `deploy/setup run` installs what fits.")
    return ok(seen)


@check("D54", "Reports can be set on paper")
def paper(here: Place) -> Said:
    if here.sets_pages():
        return ok("Pango is there")
    return warning(
        "Pango or a part of it is missing; whoever asks for a PDF is told so.",
        "Install libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0 and a font such as fonts-dejavu-core.",
    )
