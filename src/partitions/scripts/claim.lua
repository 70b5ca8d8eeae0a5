-- Makes the caller the owner of a partition (I1: every later commit must show this epoch).
-- KEYS log, meta, outbox, marks
-- ARGV claims at one cursor after which events are isolated, as many entries as one owner may have in hand, worker id
-- returns {'empty'} | {'paused'}
--       | {'claimed', epoch, cursor, last entry to isolate or '', poison run, marks "event/worker" joined by space}
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
local state = redis.call('HMGET', meta, 'cur', 'at', 'by', 'poison', 'until')
local cursor, isolate, touched = state[1] or '0-0', state[5] or '', {}
if isolate == '' and tries > tonumber(ARGV[1]) then
  -- once in a series of deaths: any of these may be what the dead had in hand
  local in_hand = redis.call('XRANGE', log, '(' .. cursor, '+', 'COUNT', ARGV[2])
  if #in_hand > 0 then
    isolate = in_hand[#in_hand][1]
    redis.call('HSET', meta, 'until', isolate)
  end
end
if isolate ~= '' then
  -- the event under the hands of the last isolating owner when it lost the partition. Whether that worker has died is
  -- not known here; the caller itself has not
  if state[2] and state[3] ~= ARGV[3] then redis.call('SADD', marks, state[2] .. '/' .. state[3]) end
  redis.call('HDEL', meta, 'at', 'by')
  touched = redis.call('SMEMBERS', marks)
end
return { 'claimed', epoch, cursor, isolate, tonumber(state[4] or '0'), table.concat(touched, ' ') }
