-- How a camera's packets are to travel, where somebody wished it: UDP for cameras whose TCP stutters.
alter table camera add column transport text check (transport in ('tcp', 'udp'));
