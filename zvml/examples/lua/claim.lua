-- CLAIM key worker seconds
local seconds = tonumber(ARGV[2])
if not seconds or seconds ~= math.floor(seconds) then
    return redis.error_reply('ERR value is not an integer or out of range')
end
if seconds < 1 or seconds > 9223372036 then
    return redis.error_reply('ERR invalid expire time')
end
local held = redis.call('GET', KEYS[1])
if held then
    return held
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', seconds)
return false
