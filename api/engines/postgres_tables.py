"""The tables of an index on PostgreSQL: partitioned by the log, an index for every part of a query.

Spec: ``docs/spec/queries.md``. An index of another `VERSION` is built from zero.
"""

from typing import Final

VERSION: Final = 1
PARTITION_LEAVES: Final = 500_000
"""Leaves of the log in one partition: a list is read from few of them, in order."""

TABLES: Final = """
CREATE SCHEMA IF NOT EXISTS bidwitness;
CREATE TABLE IF NOT EXISTS bidwitness.position (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    version integer NOT NULL,
    network_id bytea NOT NULL,
    height bigint NOT NULL,
    log_size bigint NOT NULL,
    log_root bytea NOT NULL,
    is_built boolean NOT NULL,
    fault text
);
CREATE TABLE IF NOT EXISTS bidwitness.block (
    height bigint PRIMARY KEY,
    log_size bigint NOT NULL,
    time_ms bigint NOT NULL,
    header_hash bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS bidwitness.record (
    log_index bigint NOT NULL,
    within smallint NOT NULL,
    record_id bytea NOT NULL,
    bundle_id bytea,
    height bigint NOT NULL,
    time_ms bigint NOT NULL,
    subject bytea NOT NULL,
    project bytea NOT NULL,
    issuer text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    alert text COLLATE "C",
    severity text COLLATE "C",
    about text COLLATE "C",
    amendments smallint NOT NULL,
    PRIMARY KEY (log_index, within)
) PARTITION BY RANGE (log_index);
CREATE TABLE IF NOT EXISTS bidwitness.document (
    digest bytea NOT NULL,
    log_index bigint NOT NULL,
    within smallint NOT NULL,
    PRIMARY KEY (digest, log_index, within)
) PARTITION BY RANGE (log_index);
CREATE INDEX IF NOT EXISTS record_subject ON bidwitness.record (subject, log_index, within);
CREATE INDEX IF NOT EXISTS record_project ON bidwitness.record (project, log_index, within);
CREATE INDEX IF NOT EXISTS record_type ON bidwitness.record (type, log_index, within);
CREATE INDEX IF NOT EXISTS record_issuer ON bidwitness.record (issuer, log_index, within);
CREATE INDEX IF NOT EXISTS record_alert ON bidwitness.record (alert, log_index, within)
    WHERE alert IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_severity ON bidwitness.record (severity, log_index, within)
    WHERE severity IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_about ON bidwitness.record (about, log_index, within)
    WHERE about IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_amendments ON bidwitness.record (log_index, within)
    WHERE amendments > 0;
"""
