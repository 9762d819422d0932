-- THROTTLE key capacity tokens seconds [cost]
local names = {
    'ERR a bucket holds at least one token',
    'ERR a bucket fills by at least one token',
    'ERR a bucket fills over at least one second',
    'ERR a request takes at least one token',
}
local numbers = {}
for at, name in ipairs(names) do
    local number = tonumber(ARGV[at] or '1')
    if not number or number ~= math.floor(number) then
        return redis.error_reply('ERR value is not an integer or out of range')
    end
    numbers[at] = number
end
for at, name in ipairs(names) do
    if numbers[at] < 1 or numbers[at] > 1000000 then
        return redis.error_reply(name)
    end
end
local capacity, tokens, seconds, cost = unpack(numbers)
if cost > capacity then
    return redis.error_reply('ERR a bucket never holds that many tokens')
end
local time = redis.call('TIME')
local now = (tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)) * 1000
local interval = math.floor(seconds * 1000000 / tokens)
local held = redis.call('GET', KEYS[1])
local full_at = tonumber(held or '0')
if not full_at then
    return redis.error_reply('ERR this key holds no bucket')
end
if full_at < now then
    full_at = now
end
local missing = full_at - now
local room = capacity * interval
local taken = missing + cost * interval
if taken > room then
    return {0, math.floor((room - missing) / interval), math.floor((taken - room + 999) / 1000)}
end
local until_ms = math.floor((now + taken + 999) / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', now + taken), 'PXAT', string.format('%.0f', until_ms))
return {1, math.floor((room - taken) / interval), 0}
