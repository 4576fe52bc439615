-- Which project and environment rows belong to: a small number in every key instead of two texts.
CREATE TABLE pace_scopes (
    id BIGINT NOT NULL PRIMARY KEY,
    project TEXT NOT NULL,
    environment TEXT NOT NULL,
    beats BIGINT NOT NULL,
    UNIQUE (project, environment)
);

-- A turn that is taken has a `turn_until`, one that is free a moment long ago; both, and all tokens, are of the same length, so that
-- SQLite writes one page to take a turn of a conversation of megabytes.
CREATE TABLE pace_sessions (
    scope BIGINT NOT NULL,
    id BLOB NOT NULL,
    agent TEXT NOT NULL,
    principal TEXT NOT NULL,
    parent BLOB,
    name TEXT,
    turns BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    turn_token BIGINT NOT NULL,
    turn_until BIGINT NOT NULL,
    conversation BLOB NOT NULL,
    PRIMARY KEY (scope, id)
);
CREATE INDEX pace_sessions_owned ON pace_sessions (scope, principal, agent, created, id) WHERE parent IS NULL;
CREATE INDEX pace_sessions_listed ON pace_sessions (scope, agent, created, id) WHERE parent IS NULL;
CREATE UNIQUE INDEX pace_sessions_named ON pace_sessions (scope, principal, agent, name) WHERE name IS NOT NULL;
CREATE INDEX pace_sessions_inner ON pace_sessions (scope, parent) WHERE parent IS NOT NULL;
CREATE INDEX pace_sessions_used ON pace_sessions (scope, updated);

-- The record comes last: what lists show is read without it.
CREATE TABLE pace_traces (
    scope BIGINT NOT NULL,
    id BLOB NOT NULL,
    parent BLOB,
    root BLOB NOT NULL,
    agent TEXT NOT NULL,
    loop_name TEXT,
    subject TEXT NOT NULL,
    actors TEXT NOT NULL,
    model TEXT,
    bundle TEXT NOT NULL,
    status BIGINT NOT NULL,
    error TEXT,
    started BIGINT NOT NULL,
    duration BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost BIGINT,
    model_calls BIGINT NOT NULL,
    tool_calls BIGINT NOT NULL,
    denials BIGINT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (scope, id)
);
-- One index for each filter, in the order of lists. Those that end in WHERE cost nothing for the usual trace.
CREATE INDEX pace_traces_time ON pace_traces (scope, started, id);
CREATE INDEX pace_traces_agent ON pace_traces (scope, agent, started, id);
CREATE INDEX pace_traces_subject ON pace_traces (scope, subject, started, id);
CREATE INDEX pace_traces_loop ON pace_traces (scope, loop_name, started, id) WHERE loop_name IS NOT NULL;
CREATE INDEX pace_traces_status ON pace_traces (scope, status, started, id) WHERE status <> 0;
CREATE INDEX pace_traces_agent_status ON pace_traces (scope, agent, status, started, id) WHERE status <> 0;
CREATE INDEX pace_traces_denials ON pace_traces (scope, started, id) WHERE denials > 0;
CREATE INDEX pace_traces_agent_denials ON pace_traces (scope, agent, started, id) WHERE denials > 0;
CREATE INDEX pace_traces_root ON pace_traces (scope, root, started, id) WHERE parent IS NOT NULL;

-- What is left of a chain when its oldest rows are deleted: the last deleted row's number and hash.
CREATE TABLE pace_audit_chains (
    scope BIGINT NOT NULL,
    instance BLOB NOT NULL,
    started BIGINT NOT NULL,
    cut_sequence BIGINT NOT NULL,
    cut_hash BLOB NOT NULL,
    PRIMARY KEY (scope, instance)
);
CREATE INDEX pace_audit_chains_time ON pace_audit_chains (scope, started, instance);

CREATE TABLE pace_audit (
    scope BIGINT NOT NULL,
    instance BLOB NOT NULL,
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    invocation BLOB NOT NULL,
    call TEXT NOT NULL,
    intent BIGINT,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (scope, instance, sequence)
);
CREATE INDEX pace_audit_invocation ON pace_audit (scope, invocation);

CREATE TABLE pace_idempotency (
    scope BIGINT NOT NULL,
    principal TEXT NOT NULL,
    name TEXT NOT NULL,
    request BLOB NOT NULL,
    state BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    is_repeated BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    response BLOB,
    PRIMARY KEY (scope, principal, name)
);
CREATE INDEX pace_idempotency_expires ON pace_idempotency (scope, expires);

CREATE TABLE pace_firings (
    scope BIGINT NOT NULL,
    loop_name TEXT NOT NULL,
    scheduled BIGINT NOT NULL,
    holder BLOB NOT NULL,
    attempt BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    state BIGINT NOT NULL,
    finished BIGINT,
    result BLOB,
    PRIMARY KEY (scope, loop_name, scheduled)
);
CREATE INDEX pace_firings_running ON pace_firings (scope, lease_until) WHERE state = 0;
CREATE INDEX pace_firings_age ON pace_firings (scope, scheduled);
