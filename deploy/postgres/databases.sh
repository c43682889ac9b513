#!/bin/sh
# Four databases and two roles. The anonymous door's role can connect to two of them, and change no table's form.
# Run once, as a superuser of PostgreSQL; in a container by its first start.
set -eu
andon=$(cat "${ANDON_PASSWORD_FROM:-/run/secrets/andon_password}")
anonymous=$(cat "${ANONYMOUS_PASSWORD_FROM:-/run/secrets/anonymous_password}")
psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    -v andon="$andon" -v anonymous="$anonymous" <<'SQL'
CREATE ROLE andon LOGIN PASSWORD :'andon';
CREATE ROLE andon_anonymous LOGIN PASSWORD :'anonymous';
CREATE DATABASE andon_default OWNER andon;
CREATE DATABASE andon_ballots OWNER andon;
CREATE DATABASE andon_issuance OWNER andon;
CREATE DATABASE andon_mailboxes OWNER andon;
REVOKE ALL ON DATABASE andon_default, andon_ballots, andon_issuance, andon_mailboxes FROM PUBLIC;
GRANT CONNECT ON DATABASE andon_ballots, andon_mailboxes TO andon_anonymous;
SQL
for database in andon_ballots andon_mailboxes; do
    psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "$database" <<'SQL'
GRANT USAGE ON SCHEMA public TO andon_anonymous;
ALTER DEFAULT PRIVILEGES FOR ROLE andon IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO andon_anonymous;
SQL
done
