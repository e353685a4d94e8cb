using DisBack.TestKit.Services;
using StackExchange.Redis;

namespace DisBack.Cluster.Tests.Services;

public sealed class RedisServerTests
{
    [Fact]
    public async Task A_killed_Redis_comes_back_with_what_it_had_acknowledged_and_an_emptied_one_with_nothing()
    {
        await using var redis = await RedisServer.StartAsync();
        await using (var client = await ConnectionMultiplexer.ConnectAsync(redis.Address))
        {
            await client.GetDatabase().StringSetAsync("key", "value");
        }

        await redis.EndAsync();
        await redis.RestartAsync();

        await using var again = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        Assert.Equal("value", await again.GetDatabase().StringGetAsync("key"));
        await redis.ForgetAsync();
        Assert.False(await again.GetDatabase().KeyExistsAsync("key"));
    }
}
