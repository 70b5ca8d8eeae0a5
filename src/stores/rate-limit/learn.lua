-- What the remote itself said of our budget: a pause it asked for, and what is left in its present window.
-- KEYS bucket   ARGV now ('' = Redis' own clock), family, hold whom ('' = nobody), hold ms, calls left ('' = unsaid), window ends in ms
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local keep = 240000
if ARGV[3] ~= '' then
  local field, till = 'hold:' .. ARGV[3], now + ARGV[4]
  if till > (tonumber(redis.call('HGET', KEYS[1], field)) or 0) then redis.call('HSET', KEYS[1], field, till) end
  keep = math.max(keep, ARGV[4] + 60000)
end
local left = tonumber(ARGV[5])
if left then
  local leftField, endField = 'left:' .. ARGV[2], 'end:' .. ARGV[2]
  local known = redis.call('HMGET', KEYS[1], leftField, endField)
  local windowEnd, newEnd = tonumber(known[2]) or 0, now + ARGV[6]
  -- Resets come in whole seconds and answers late: ends within 2 s of each other are one window, an earlier end is past news.
  if now >= windowEnd or newEnd > windowEnd + 2000 then
    redis.call('HSET', KEYS[1], leftField, left, endField, newEnd)
  elseif newEnd >= windowEnd - 2000 and left < (tonumber(known[1]) or left + 1) then
    redis.call('HSET', KEYS[1], leftField, left)
  end
end
if redis.call('PTTL', KEYS[1]) < keep then redis.call('PEXPIRE', KEYS[1], keep) end
return 1
