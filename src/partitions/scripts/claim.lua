-- Makes the caller the owner of a partition (I1: every later commit must show this epoch).
-- KEYS log, meta, outbox, marks   ARGV claims at one cursor after which events are isolated
-- returns {'empty'} | {'paused'} | {'claimed', epoch, cursor, isolate 0/1, poison run, killer event ids joined by space}
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
local state = redis.call('HMGET', meta, 'cur', 'at', 'poison')
local isolate, killers = 0, {}
if tries > tonumber(ARGV[1]) then
  isolate = 1
  -- the event that was marked when the last isolating owner went away; two deaths at one event make it the killer
  if state[2] then
    redis.call('HINCRBY', marks, state[2], 1)
    redis.call('HDEL', meta, 'at')
  end
  local counted = redis.call('HGETALL', marks)
  for i = 1, #counted, 2 do
    if tonumber(counted[i + 1]) >= 2 then killers[#killers + 1] = counted[i] end
  end
end
return { 'claimed', epoch, state[1] or '0-0', isolate, tonumber(state[3] or '0'), table.concat(killers, ' ') }
