-- Takes relayed outputs into a batch buffer, each once.
-- KEYS seen, waiting, records, blocked, inFlight, meta
-- ARGV partition, number of outputs, then per output: number (0 = not from an outbox, always new), record id, version,
--      received at ms, json
-- A stored value is `<version> <accepted at ms> <attempts> <received at ms> <json>`.
-- returns {outputs that were new, records waiting, bytes waiting}
local seen, waiting, records, blocked, inFlight, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local last = tonumber(redis.call('HGET', seen, ARGV[1]) or '0')
local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
local fresh, bytes = 0, 0
local function version(value) return tonumber(string.match(value, '^%S+')) end
local at = 3
for _ = 1, tonumber(ARGV[2]) do
  local number, id, rank = tonumber(ARGV[at]), ARGV[at + 1], tonumber(ARGV[at + 2])
  if number == 0 or number > last then
    last, fresh = math.max(number, last), fresh + 1
    -- a record on its way must be answered before its next version goes out: order per record
    local home = redis.call('HEXISTS', inFlight, id) == 1 and blocked or records
    local known = redis.call('HGET', home, id)
    -- a fold keeps the age of what it replaces, or a busy conversation would put off its flush for ever
    local since = known and string.match(known, '^%S+ (%S+)') or now
    local value = ARGV[at + 2] .. ' ' .. since .. ' 0 ' .. ARGV[at + 3] .. ' ' .. ARGV[at + 4]
    if not known or rank >= version(known) then
      redis.call('HSET', home, id, value)
      if home == records then
        bytes = bytes + #value - (known and #known or 0)
        if not known then redis.call('RPUSH', waiting, id) end
      end
    end
  end
  at = at + 5
end
redis.call('HSET', seen, ARGV[1], string.format('%d', last))
local total = redis.call('HINCRBY', meta, 'bytes', bytes)
redis.call('HINCRBY', meta, 'n:accepted', fresh)
return { fresh, redis.call('LLEN', waiting), total }
