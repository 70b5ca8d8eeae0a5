-- Makes the caller the owner of a partition (I1: every later commit must show this epoch).
-- KEYS log, meta, outbox, marks   ARGV claims at one cursor after which events are isolated, worker id
-- returns {'empty'} | {'paused'} | {'claimed', epoch, cursor, isolate 0/1, poison run, marks "event/worker" joined by space}
local log, meta, outbox, marks = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call('HEXISTS', meta, 'paused') == 1 then
  redis.call('HDEL', meta, 'act')
  return { 'paused' }
end
if redis.call('XLEN', log) == 0 and redis.call('XLEN', outbox) == 0 then
  redis.call('HDEL', meta, 'act')
  return { 'empty' }
end
local epoch = redis.call('HINCRBY', meta, 'ep', 1)
local tries = redis.call('HINCRBY', meta, 'tries', 1)
redis.call('HSET', meta, 'act', 1)
local state = redis.call('HMGET', meta, 'cur', 'at', 'by', 'poison')
local isolate, touched = 0, {}
if tries > tonumber(ARGV[1]) then
  isolate = 1
  -- the event under the hands of the last isolating owner when it lost the partition. Whether that worker has died is
  -- not known here; the caller itself has not
  if state[2] and state[3] ~= ARGV[2] then redis.call('SADD', marks, state[2] .. '/' .. state[3]) end
  redis.call('HDEL', meta, 'at', 'by')
  touched = redis.call('SMEMBERS', marks)
end
return { 'claimed', epoch, state[1] or '0-0', isolate, tonumber(state[4] or '0'), table.concat(touched, ' ') }
