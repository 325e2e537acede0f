-- Names for the IPFIX elements that Wireshark and tshark do not know, learned from the type information (RFC 5610) that
-- the exporter itself sends: weir's own elements, Antrea's, newer ones of ntop.
--
--   tshark -X lua_script:examples/rfc5610.lua -r flows.ipfix -V
--   tshark -X lua_script:examples/rfc5610.lua -r flows.pcap -d udp.port==4739,cflow -Y 'rfc5610.element contains "shop"'
--
-- In Wireshark: put it into the folder of personal Lua plugins (Help, About Wireshark, Folders).
local proto = Proto("rfc5610", "Elements named by RFC 5610")
local element = ProtoField.string("rfc5610.element", "Element")
proto.fields = { element }
local messages = Field.new("cflow")

local reverse = 29305 -- RFC 5103: of IANA's elements, which are known
local variable = 65535
local is_id, is_type, is_name, is_enterprise = 303, 339, 341, 346

local templates = {} -- by Observation Domain and template id
local known = {} -- by enterprise number and element id: name, type

local function key(a, b) return a .. "/" .. b end

local function number(range) return range:len() <= 4 and range:uint() or range:uint64():tonumber() end

local function time(range)
  local milliseconds = number(range)
  local seconds = math.floor(milliseconds / 1000)
  return os.date("!%Y-%m-%dT%H:%M:%S", seconds) .. string.format(".%03dZ", milliseconds - seconds * 1000)
end

-- By informationElementDataType; what is not here is shown as octets.
local text_of = {
  [11] = function(range) return range:uint() == 1 and "true" or "false" end,
  [10] = function(range) return range:len() == 8 and tostring(range:float()) or tostring(range) end,
  [12] = function(range) return tostring(range:ether()) end,
  [13] = function(range) return range:string(ENC_UTF_8) end,
  [15] = time,
  [18] = function(range) return tostring(range:ipv4()) end,
  [19] = function(range) return tostring(range:ipv6()) end,
}
for unsigned = 1, 4 do
  text_of[unsigned] = function(range) return tostring(range:len() <= 4 and range:uint() or range:uint64()) end
end

-- Fields of a template at an offset of its set; the offset behind them.
local function read_template(set, at, domain, options)
  local id, count = set(at, 2):uint(), set(at + 2, 2):uint()
  at = at + (options and count > 0 and 6 or 4)
  local fields = {}
  for index = 1, count do
    local field = { id = set(at, 2):uint(), length = set(at + 2, 2):uint(), enterprise = 0 }
    at = at + 4
    if field.id >= 32768 then
      field.id, field.enterprise = field.id - 32768, set(at, 4):uint()
      at = at + 4
    end
    fields[index] = field
  end
  templates[key(domain, id)] = count > 0 and fields or nil
  return at
end

-- One record: calls found(field, range) for each field that is not empty; the offset behind it.
local function read_record(set, at, fields, found)
  for _, field in ipairs(fields) do
    local length = field.length
    if length == variable then
      length, at = set(at, 1):uint(), at + 1
      if length == 255 then length, at = set(at, 2):uint(), at + 2 end
    end
    if length > 0 then found(field, set(at, length)) end
    at = at + length
  end
  return at
end

local function least_length(fields)
  local sum = 0
  for _, field in ipairs(fields) do sum = sum + (field.length == variable and 1 or field.length) end
  return sum
end

local function read_data(set, fields, tree)
  local at, least = 0, least_length(fields)
  while least > 0 and at + least <= set:len() do
    local told, shown = {}, {}
    at = read_record(set, at, fields, function(field, range)
      if field.enterprise == 0 then
        if field.id == is_id or field.id == is_type or field.id == is_enterprise then told[field.id] = number(range) end
        if field.id == is_name then told[is_name] = range:string() end
      end
      local about = known[key(field.enterprise, field.id)]
      if about then shown[#shown + 1] = { range, about, text_of[about.type] or tostring } end
    end)
    if told[is_id] and told[is_type] and told[is_name] and (told[is_enterprise] or 0) ~= 0 then
      known[key(told[is_enterprise], told[is_id])] = { name = told[is_name], type = told[is_type] }
    end
    local branch = #shown > 0 and tree:add(proto, set(0, math.min(at, set:len())))
    for _, one in ipairs(shown) do branch:add(element, one[1], one[2].name .. ": " .. one[3](one[1])) end
  end
end

local function read_message(message, tree)
  if message:len() < 16 or message(0, 2):uint() ~= 10 then return end
  local domain, at = message(12, 4):uint(), 16
  while at + 4 <= message:len() do
    local id, length = message(at, 2):uint(), message(at + 2, 2):uint()
    if length < 4 or at + length > message:len() then return end
    local set = length > 4 and message(at + 4, length - 4)
    local fields = templates[key(domain, id)]
    if set and (id == 2 or id == 3) then
      local place = 0
      while place + 4 <= set:len() and set(place, 2):uint() ~= 0 do place = read_template(set, place, domain, id == 3) end
    elseif set and fields then
      read_data(set, fields, tree)
    end
    at = at + length
  end
end

function proto.dissector(_, _, tree)
  for _, message in ipairs({ messages() }) do
    -- Malformed input ends this message, not the dissection.
    pcall(read_message, message.range, tree)
  end
end

function proto.init()
  templates, known = {}, {}
end

register_postdissector(proto, true)
