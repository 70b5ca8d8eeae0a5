-- Splits a refused batch in two, to find the record that the sink cannot take.
-- KEYS inFlight, cut, batch, first half, second half   ARGV batch id, first id, second id, records in the first half
-- returns 1, or 0 when this batch is gone or too small to split
local inFlight, cut, batch = KEYS[1], KEYS[2], KEYS[3]
local held, size = redis.call('LRANGE', batch, 0, -1), tonumber(ARGV[4])
if #held < 4 then return 0 end
for i = 1, #held / 2 do
  local half = i <= size and 1 or 2
  redis.call('RPUSH', KEYS[3 + half], held[2 * i - 1], held[2 * i])
  redis.call('HSET', inFlight, held[2 * i - 1], ARGV[1 + half])
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(time[2] / 1000)
redis.call('DEL', batch)
redis.call('ZREM', cut, ARGV[1])
redis.call('ZADD', cut, now, ARGV[2], now, ARGV[3])
return 1
