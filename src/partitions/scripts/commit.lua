-- The one atomic step: states, outputs and cursor together, or nothing (I1, I3).
-- KEYS log, meta, outbox, live, marks, then one key per state
-- ARGV expected cursor, epoch, new cursor, poison run after it, isolating goes on 0/1,
--      number of states, outputs, counters, then
--      per state: json, ttl ms, conversation id, start time while open ('' = not live)
--      per output: sink, received at ms, payload      per counter: field, increment
-- returns {1, last output number} | {0, cursor, epoch} when fenced: the caller has lost the partition
local log, meta, outbox, live, marks = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local held = redis.call('HMGET', meta, 'cur', 'ep', 'seq')
if (held[1] or '0-0') ~= ARGV[1] or (held[2] or '0') ~= ARGV[2] then
  return { 0, held[1] or '0-0', held[2] or '0' }
end
local states, outputs, counters = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local at = 9
for i = 1, states do
  redis.call('SET', KEYS[5 + i], ARGV[at], 'PX', ARGV[at + 1])
  if ARGV[at + 3] == '' then
    redis.call('ZREM', live, ARGV[at + 2])
  else
    redis.call('ZADD', live, ARGV[at + 3], ARGV[at + 2])
  end
  at = at + 4
end
local seq = tonumber(held[3] or '0')
for _ = 1, outputs do
  seq = seq + 1
  redis.call('XADD', outbox, string.format('%d-0', seq), 's', ARGV[at], 't', ARGV[at + 1], 'd', ARGV[at + 2])
  at = at + 3
end
for _ = 1, counters do
  redis.call('HINCRBY', meta, ARGV[at], ARGV[at + 1])
  at = at + 2
end
local now = redis.call('TIME')
redis.call('HSET', meta, 'cur', ARGV[3], 'seq', string.format('%d', seq), 'tries', 0, 'poison', ARGV[4],
  'ts', now[1] .. string.format('%03d', math.floor(now[2] / 1000)))
redis.call('HDEL', meta, 'at', 'by')
if ARGV[5] == '0' then
  redis.call('HDEL', meta, 'until')
  redis.call('DEL', marks)
end
-- everything up to and with the new cursor is applied or dead-lettered: trim it (the threshold itself is kept out)
local ms, n = string.match(ARGV[3], '^(%d+)%-(%d+)$')
redis.call('XTRIM', log, 'MINID', ms .. '-' .. string.format('%d', tonumber(n) + 1))
return { 1, string.format('%d', seq) }
