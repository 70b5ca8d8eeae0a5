-- Settles a batch: each record is done, dropped (dead-lettered before this call) or rests before it goes back to the front.
-- KEYS waiting, records, blocked, inFlight, resting, cut, meta, batch
-- ARGV batch id, first rest ms, longest rest ms, then per record in batch order: 'done' | 'dropped' | 'retry'
-- returns 1, or 0 when this batch was settled before
local waiting, records, blocked, inFlight, resting, cut, meta, batch =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local firstRest, longestRest = tonumber(ARGV[2]), tonumber(ARGV[3])
local held = redis.call('LRANGE', batch, 0, -1)
if #held == 0 then return 0 end
local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
local done, dropped, bytes = 0, 0, 0
for i = 1, #held / 2 do
  local id, value, outcome = held[2 * i - 1], held[2 * i], ARGV[3 + i]
  local newer = redis.call('HGET', blocked, id)
  if outcome == 'retry' then
    local rank, _, attempts, rest = string.match(value, '^(%S+) (%S+) (%S+) (.*)$')
    -- the newer version takes the place of the failed one: folded, still in order; what comes meanwhile folds into it
    local back = newer or (rank .. ' ' .. now .. ' ' .. string.format('%d', tonumber(attempts) + 1) .. ' ' .. rest)
    redis.call('HSET', blocked, id, back)
    redis.call('HSET', inFlight, id, 'resting')
    local pause = math.min(firstRest * 2 ^ math.min(tonumber(attempts), 30), longestRest)
    redis.call('ZADD', resting, string.format('%d', tonumber(now) + pause), id)
  else
    if outcome == 'done' then done = done + 1 else dropped = dropped + 1 end
    redis.call('HDEL', inFlight, id)
    redis.call('HDEL', blocked, id)
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
