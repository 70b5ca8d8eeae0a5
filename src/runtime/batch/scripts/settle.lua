-- Settles a batch: each record is done, dropped (dead-lettered before this call) or goes back to the front.
-- KEYS waiting, records, blocked, inFlight, cut, meta, batch
-- ARGV batch id, then per record in batch order: 'done' | 'dropped' | 'retry'
-- returns 1, or 0 when this batch was settled before
local waiting, records, blocked, inFlight, cut, meta, batch =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local held = redis.call('LRANGE', batch, 0, -1)
if #held == 0 then return 0 end
local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
local done, dropped, bytes = 0, 0, 0
-- last to first, so that what goes back to the front keeps its order
for i = #held / 2, 1, -1 do
  local id, value, outcome = held[2 * i - 1], held[2 * i], ARGV[1 + i]
  local newer = redis.call('HGET', blocked, id)
  redis.call('HDEL', inFlight, id)
  redis.call('HDEL', blocked, id)
  if outcome == 'retry' then
    local rank, _, attempts, rest = string.match(value, '^(%S+) (%S+) (%S+) (.*)$')
    -- the newer version takes the place of the failed one: folded, still in order
    local back = newer or (rank .. ' ' .. now .. ' ' .. string.format('%d', tonumber(attempts) + 1) .. ' ' .. rest)
    redis.call('LPUSH', waiting, id)
    redis.call('HSET', records, id, back)
    bytes = bytes + #back
  else
    if outcome == 'done' then done = done + 1 else dropped = dropped + 1 end
    if newer then
      redis.call('RPUSH', waiting, id)
      redis.call('HSET', records, id, newer)
      bytes = bytes + #newer
    end
  end
end
redis.call('DEL', batch)
redis.call('ZREM', cut, ARGV[1])
redis.call('HINCRBY', meta, 'bytes', bytes)
redis.call('HINCRBY', meta, 'n:delivered', done)
redis.call('HINCRBY', meta, 'n:rejected', dropped)
return 1
