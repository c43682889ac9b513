/** Looking at a room again and again, as often as the room says. */

import { Declined, type Seen } from './room-door.ts';

const AGAIN_MS = 2_000;
const SOON_MS = 500;

export interface Watching {
  onSeen: (seen: Seen) => void;
  /** The room is no more, or this screen has no place in it any more. */
  onGone: () => void;
  /** Whether the door is reached. */
  onReached: (reached: boolean) => void;
}

export class Looking {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  private stopped = false;

  constructor(
    private readonly look: () => Promise<Seen>,
    private readonly watching: Watching,
  ) {
    document.addEventListener('visibilitychange', this.onVisible);
  }

  private readonly onVisible = (): void => {
    // A phone that was in a pocket shows what is on the table now, and not what was.
    if (document.visibilityState === 'visible') void this.now();
  };

  /** Shows what an answer to something else said, and goes on from there. */
  take(seen: Seen): void {
    if (this.stopped) return;
    this.watching.onReached(true);
    this.watching.onSeen(seen);
    this.again(seen.lookAgainIn);
  }

  async now(): Promise<void> {
    if (this.asking || this.stopped) return;
    this.asking = true;
    try {
      this.take(await this.look());
    } catch (fault) {
      if (this.stopped) return;
      if (fault instanceof Declined && fault.code === 'no_such_room') {
        this.stop();
        this.watching.onGone();
        return;
      }
      // Asked too soon, as right after a reload, is no lost connection.
      const tooSoon = fault instanceof Declined && fault.code === 'too_soon';
      if (!tooSoon) this.watching.onReached(false);
      this.again(tooSoon ? SOON_MS : AGAIN_MS);
    } finally {
      this.asking = false;
    }
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    document.removeEventListener('visibilitychange', this.onVisible);
  }

  private again(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => void this.now(), ms);
  }
}
