-- The log of messages is read newest first, and by state; what stands at the top of it does not cost
-- a walk over all that was ever sent.
create index notice_message_log on notice_message (created_at desc, id);
create index notice_message_dead on notice_message (created_at desc, id) where state = 'dead';
-- When a recipient was last reached.
create index notice_message_sent on notice_message (recipient_id, finished_at desc)
  where state = 'sent';
