-- Forgets open conversations whose state has expired: they will never end by themselves.
-- KEYS live, then one state key per conversation   ARGV conversation ids in the same order   returns how many
local gone = 0
for i = 1, #ARGV do
  if redis.call('EXISTS', KEYS[1 + i]) == 0 then gone = gone + redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return gone
