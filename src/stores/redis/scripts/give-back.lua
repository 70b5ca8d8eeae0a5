-- Gives back a lock that is still its holder's: one that has lapsed may be another's by now.
-- KEYS lock   ARGV owner   returns 1 when it was given back
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
