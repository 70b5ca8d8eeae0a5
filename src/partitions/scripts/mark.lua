-- While isolating: names the event about to be touched, so that its killer can be told if this process dies now.
-- KEYS meta   ARGV epoch, worker id, event id ('' = none any more)   returns 1, or 0 when fenced
if (redis.call('HGET', KEYS[1], 'ep') or '0') ~= ARGV[1] then return 0 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], 'at', 'by')
else
  local now = redis.call('TIME')
  -- progress, in the eyes of the sweep: taken over at one event twice, a living owner would look like two deaths
  redis.call('HSET', KEYS[1], 'at', ARGV[3], 'by', ARGV[2], 'ts', now[1] .. string.format('%03d', math.floor(now[2] / 1000)))
end
return 1
