-- Raises a number in a hash, never lowers it: of two owners that relay the same outputs the slower one changes nothing.
-- KEYS hash   ARGV field, number
local known = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if tonumber(ARGV[2]) > known then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return 0
