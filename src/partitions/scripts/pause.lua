-- Stops a partition whose events are poison one after another: after a bad deploy everything looks poisoned.
-- KEYS meta   ARGV epoch, reason   returns 1, or 0 when fenced
if (redis.call('HGET', KEYS[1], 'ep') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'paused', ARGV[2])
redis.call('HDEL', KEYS[1], 'act')
return 1
