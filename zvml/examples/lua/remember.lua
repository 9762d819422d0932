-- REMEMBER key limit item
local limit = tonumber(ARGV[1])
if not limit or limit ~= math.floor(limit) then
    return redis.error_reply('ERR value is not an integer or out of range')
end
if limit < 1 or limit > 1000 then
    return redis.error_reply('ERR a list holds 1 to 1000 items')
end
redis.call('LREM', KEYS[1], 1, ARGV[2])
redis.call('LPUSH', KEYS[1], ARGV[2])
redis.call('LTRIM', KEYS[1], 0, limit - 1)
return redis.call('LLEN', KEYS[1])
