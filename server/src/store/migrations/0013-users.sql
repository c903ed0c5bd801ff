-- People: one-time passwords and when they were here; and an audit trail in which a removed or
-- changed row shows.

alter table app_user
  -- Given by an administrator: good for one thing, choosing a password of one's own.
  add column must_change_password boolean not null default false,
  add column password_expires_at timestamptz,
  add column password_changed_at timestamptz,
  add column last_sign_in_at timestamptz;
create index session_by_user on session (user_id);

-- The chain of the audit trail: hash = SHA-256(hash before || text of the row). Rows of both tables
-- are only added. The text is stated here and in server/src/store/audit-chain-store.ts, so that
-- checking does not rely on what somebody made of this database's functions.
create table audit_link (
  sequence bigint primary key,
  audit_id bigint not null unique references audit_log,
  hash bytea not null
);
-- The newest link. Whoever adds one waits for this row: links have one order.
create table audit_head (
  single boolean primary key default true check (single),
  sequence bigint not null,
  hash bytea not null
);
insert into audit_head (sequence, hash) values (0, decode(repeat('00', 32), 'hex'));

create function link_audit_row(p_id bigint) returns void language plpgsql as $$
declare
  head audit_head;
  fresh bytea;
begin
  select * into head from audit_head for update;
  select sha256(head.hash || convert_to(jsonb_build_array(head.sequence + 1, a.id,
      to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), a.actor, a.address, a.action,
      a.subject, a.details)::text, 'UTF8'))
    into strict fresh from audit_log a where a.id = p_id;
  insert into audit_link (sequence, audit_id, hash) values (head.sequence + 1, p_id, fresh);
  update audit_head set sequence = head.sequence + 1, hash = fresh;
end $$;

do $$
declare
  v_id bigint;
begin
  for v_id in select id from audit_log order by id loop
    perform link_audit_row(v_id);
  end loop;
end $$;

create function link_new_audit_row() returns trigger language plpgsql as $$
begin
  perform link_audit_row(new.id);
  return null;
end $$;
-- When the transaction commits, after everything else it waits for: nobody who holds the head waits
-- for another, so there is no deadlock, and it is held for the length of a commit only.
create constraint trigger audit_log_linked after insert on audit_log
  deferrable initially deferred for each row execute function link_new_audit_row();

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is only added to (% of %)', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;
create trigger audit_log_kept before update or delete or truncate on audit_log
  for each statement execute function refuse_audit_change();
create trigger audit_link_kept before update or delete or truncate on audit_link
  for each statement execute function refuse_audit_change();
create trigger audit_head_kept before delete or truncate on audit_head
  for each statement execute function refuse_audit_change();

create index audit_log_actor on audit_log (actor, id desc);
create index audit_log_action on audit_log (action text_pattern_ops, id desc);
create index audit_log_subject on audit_log (subject text_pattern_ops, id desc);
