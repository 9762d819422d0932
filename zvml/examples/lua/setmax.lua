-- SETMAX key value
local function integer(text)
    if text == '0' or string.match(text, '^-?[1-9]%d*$') then
        return tonumber(text)
    end
end
local value = integer(ARGV[1])
if not value then
    return redis.error_reply('ERR value is not an integer or out of range')
end
local held = redis.call('GET', KEYS[1])
if held then
    local current = integer(held)
    if not current then
        return redis.error_reply('ERR value is not an integer or out of range')
    end
    if current >= value then
        return current
    end
end
redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
return value
