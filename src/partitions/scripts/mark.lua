-- While isolating: names the event about to be touched, so that its killer can be told if this process dies now.
-- KEYS meta   ARGV epoch, event id ('' = none any more)   returns 1, or 0 when fenced
if (redis.call('HGET', KEYS[1], 'ep') or '0') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], 'at')
else
  redis.call('HSET', KEYS[1], 'at', ARGV[2])
end
return 1
