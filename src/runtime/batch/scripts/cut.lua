-- Cuts one batch off the front of the buffer, if the trigger's condition holds at this moment. Records that have rested
-- long enough come back to the front first.
-- KEYS waiting, records, blocked, inFlight, resting, cut, meta, batch
-- ARGV batch id, trigger, max records, max bytes, interval ms
-- returns number of records cut (0 = nothing due)
local waiting, records, blocked, inFlight, resting, cut, meta, batch =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local maxRecords, maxBytes = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(time[2] / 1000)
local rested = redis.call('ZRANGEBYSCORE', resting, '-inf', now, 'LIMIT', 0, 1000)
local woken = 0
-- last to first, so that whoever was due first is sent first
for i = #rested, 1, -1 do
  local id = rested[i]
  local value = redis.call('HGET', blocked, id)
  redis.call('HDEL', blocked, id)
  redis.call('HDEL', inFlight, id)
  redis.call('ZREM', resting, id)
  redis.call('LPUSH', waiting, id)
  redis.call('HSET', records, id, value)
  woken = woken + #value
end
if woken > 0 then redis.call('HINCRBY', meta, 'bytes', woken) end
local head = redis.call('LINDEX', waiting, 0)
if not head then return 0 end
if ARGV[2] == 'size' and redis.call('LLEN', waiting) < maxRecords then return 0 end
if ARGV[2] == 'bytes' and tonumber(redis.call('HGET', meta, 'bytes') or '0') < maxBytes then return 0 end
if ARGV[2] == 'interval' then
  local acceptedAt = string.match(redis.call('HGET', records, head), '^%S+ (%S+)')
  if tonumber(acceptedAt) + tonumber(ARGV[5]) > now then return 0 end
end
local count, bytes = 0, 0
while count < maxRecords do
  local id = redis.call('LINDEX', waiting, 0)
  if not id then break end
  local value = redis.call('HGET', records, id)
  if count > 0 and bytes + #value > maxBytes then break end
  redis.call('LPOP', waiting)
  redis.call('HDEL', records, id)
  redis.call('RPUSH', batch, id, value)
  redis.call('HSET', inFlight, id, ARGV[1])
  count, bytes = count + 1, bytes + #value
end
redis.call('HINCRBY', meta, 'bytes', -bytes)
redis.call('ZADD', cut, now, ARGV[1])
return count
