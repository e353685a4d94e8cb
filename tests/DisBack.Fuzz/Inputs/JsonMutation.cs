using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DisBack.Fuzz.Inputs;

/// <summary>Changes one value of a JSON text, of whatever size, and leaves the text sound.</summary>
internal static class JsonMutation
{
    /// <summary>The changed text; null if it is no JSON, or a single value.</summary>
    public static byte[]? Changed(Random random, byte[] json)
    {
        try
        {
            var root = JsonNode.Parse(json);
            List<JsonNode> places = [];
            Collect(root, places);
            if (places.Count == 0)
            {
                return null;
            }
            Change(random, places);
            return Encoding.UTF8.GetBytes(root!.ToJsonString());
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            // An earlier change has left what is no JSON.
            return null;
        }
    }

    private static void Change(Random random, List<JsonNode> places)
    {
        var place = places[random.Next(places.Count)];
        var value = random.Next(6) switch
        {
            0 or 1 => null,
            2 => JsonValue.Create(Interesting.Integers[random.Next(Interesting.Integers.Length)]),
            3 => JsonValue.Create(Interesting.Numbers[random.Next(Interesting.Numbers.Length)]),
            4 => random.Next(2) == 0 ? new JsonObject() : new JsonArray(),
            _ => places[random.Next(places.Count)].DeepClone(),
        };
        if (place is JsonObject section)
        {
            var key = section.ElementAt(random.Next(section.Count)).Key;
            if (random.Next(4) == 0)
            {
                section.Remove(key);
            }
            else
            {
                section[key] = value;
            }
        }
        else if (random.Next(4) == 0)
        {
            place.AsArray().Add(value);
        }
        else
        {
            place.AsArray()[random.Next(place.AsArray().Count)] = value;
        }
    }

    private static void Collect(JsonNode? node, List<JsonNode> places)
    {
        if (node is JsonObject { Count: > 0 } section)
        {
            places.Add(section);
            foreach (var (_, value) in section)
            {
                Collect(value, places);
            }
        }
        else if (node is JsonArray { Count: > 0 } list)
        {
            places.Add(list);
            foreach (var item in list)
            {
                Collect(item, places);
            }
        }
    }
}
