using System.Globalization;

namespace DisBack.Silo.Tests.Infra;

/// <summary>What <c>redis.conf</c> says, as far as others must agree with it.</summary>
internal sealed record RedisConfiguration(int Port, long MaximalMemory)
{
    public const string File = "infra/redis/redis.conf";

    public static RedisConfiguration Read()
    {
        var lines = Tree.Read(File).Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return new(
            int.Parse(lines["port"], CultureInfo.InvariantCulture),
            long.Parse(lines["maxmemory"].Replace("mb", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) << 20);
    }
}
