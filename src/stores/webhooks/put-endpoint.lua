-- Writes or changes a webhook target only if it still is what the caller read ('' for "not there").
-- KEYS: endpoints. ARGV: id, what was read, what it becomes, how many there may be.
-- Answers: 1 written · 0 somebody was faster · -1 no room for another.
local known = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if known ~= ARGV[2] then return 0 end
if known == '' and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return -1 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
