-- Cuts one batch off the front of the buffer, if the trigger's condition holds at this moment.
-- KEYS waiting, records, inFlight, cut, meta, batch   ARGV batch id, trigger, max records, max bytes, interval ms
-- returns number of records cut (0 = nothing due)
local waiting, records, inFlight, cut, meta, batch = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local maxRecords, maxBytes = tonumber(ARGV[3]), tonumber(ARGV[4])
local head = redis.call('LINDEX', waiting, 0)
if not head then return 0 end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(time[2] / 1000)
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
