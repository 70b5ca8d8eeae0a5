-- Says that a worker is there and lists all that share the partitions: the caller, and whoever else was heard lately.
-- KEYS workers   ARGV worker id, ms after which a silent one no longer counts   returns {worker id, when heard, ...}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
