-- Appends a writer's batch to a partition's log, once: a batch sent again after an unclear failure is already there.
-- KEYS log, meta, mark of the writer
-- ARGV batch number, seconds to remember it, then per entry: number of its fields, and its fields
-- returns {1 when the partition slept and must be woken, entries in the log}
local log, meta, mark = KEYS[1], KEYS[2], KEYS[3]
-- whether anybody was woken the first time is not known
if redis.call('GET', mark) == ARGV[1] then return { 1, redis.call('XLEN', log) } end
local at = 3
while at <= #ARGV do
  local fields = tonumber(ARGV[at])
  redis.call('XADD', log, '*', unpack(ARGV, at + 1, at + fields))
  at = at + fields + 1
end
redis.call('SET', mark, ARGV[1], 'EX', ARGV[2])
return { redis.call('HSETNX', meta, 'act', '1'), redis.call('XLEN', log) }
