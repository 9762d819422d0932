-- CAS key expected value [EX seconds | KEEPTTL]
local seconds
local keep = false
local at = 3
while ARGV[at] do
    local option = string.upper(ARGV[at])
    if option == 'EX' and ARGV[at + 1] and not keep then
        seconds = tonumber(ARGV[at + 1])
        if not seconds or seconds ~= math.floor(seconds) then
            return redis.error_reply('ERR value is not an integer or out of range')
        end
        at = at + 2
    elseif option == 'KEEPTTL' and not seconds then
        keep = true
        at = at + 1
    else
        return redis.error_reply('ERR syntax error')
    end
end
local current = redis.call('GET', KEYS[1])
if not current then
    return -1
end
if seconds and (seconds < 1 or seconds > 9223372036) then
    return redis.error_reply("ERR invalid expire time in 'cas' command")
end
if current ~= ARGV[1] then
    return 0
end
if seconds then
    redis.call('SET', KEYS[1], ARGV[2], 'EX', seconds)
elseif keep then
    redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
else
    redis.call('SET', KEYS[1], ARGV[2])
end
return 1
