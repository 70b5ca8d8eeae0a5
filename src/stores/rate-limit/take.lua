-- Takes one call from the budget that all processes share, or says how long to wait. Nothing is taken when it says wait.
-- The bucket's burst and a minute's refill together are the limit: no minute, wherever it begins, sees more.
-- KEYS bucket   ARGV now ('' = Redis' own clock), calls a minute, family, priority   returns {ms to wait, tokens left}
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local limit, family = tonumber(ARGV[2]), ARGV[3]
local burst = math.max(1, math.floor(limit / 10))
local perMs = (limit - burst) / 60000
-- What bulk leaves for calls that a waiting conversation needs.
local reserve = ARGV[4] == 'bulk' and math.floor(burst / 2) or 0

local held = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'hold:all', 'hold:' .. family, 'left:' .. family, 'end:' .. family)
local at = tonumber(held[2]) or now
local tokens = math.min(burst, (tonumber(held[1]) or burst) + math.max(0, now - at) * perMs)
local wait = math.max(0, (tonumber(held[3]) or 0) - now, (tonumber(held[4]) or 0) - now)
if tokens < 1 + reserve then wait = math.max(wait, math.ceil((1 + reserve - tokens) / perMs)) end
local left, windowEnd = tonumber(held[5]), tonumber(held[6]) or 0
if left and windowEnd > now and left < 1 + reserve then wait = math.max(wait, windowEnd - now) end

if wait == 0 then
  tokens = tokens - 1
  if left then redis.call('HINCRBY', KEYS[1], 'left:' .. family, -1) end
end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', math.max(at, now))
if redis.call('PTTL', KEYS[1]) < 120000 then redis.call('PEXPIRE', KEYS[1], 240000) end
return {wait, math.floor(tokens)}
