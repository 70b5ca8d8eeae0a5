-- Puts an idle partition to sleep (I2: `act` is set, or the log is empty, or the sweep is due).
-- KEYS log, meta, outbox   ARGV epoch
-- returns 'released' | 'busy' (events or outputs came meanwhile) | 'fenced'
if (redis.call('HGET', KEYS[2], 'ep') or '0') ~= ARGV[1] then return 'fenced' end
if redis.call('XLEN', KEYS[1]) > 0 or redis.call('XLEN', KEYS[3]) > 0 then return 'busy' end
redis.call('HDEL', KEYS[2], 'act')
redis.call('HSET', KEYS[2], 'tries', 0)
return 'released'
