-- RESERVE key... count...
local wanted = {}
for i, key in ipairs(KEYS) do
    local count = tonumber(ARGV[i])
    if not count or count ~= math.floor(count) then
        return redis.error_reply('ERR value is not an integer or out of range')
    end
    if count < 1 then
        return redis.error_reply('ERR a count is at least 1')
    end
    wanted[key] = (wanted[key] or 0) + count
end
for key, count in pairs(wanted) do
    local stock = tonumber(redis.call('GET', key) or 0)
    if not stock or stock ~= math.floor(stock) then
        return redis.error_reply('ERR value is not an integer or out of range')
    end
    if stock < count then
        return 0
    end
end
for key, count in pairs(wanted) do
    redis.call('DECRBY', key, count)
end
return 1
