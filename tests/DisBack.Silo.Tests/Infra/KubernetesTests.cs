using k8s.Models;

namespace DisBack.Silo.Tests.Infra;

/// <summary>The base: Redis keeps the membership.</summary>
public sealed class KubernetesTests() : KubernetesContract("infra/kubernetes", ("redis", RedisConfiguration.Read().Port))
{
    [Fact]
    public void Redis_runs_with_the_one_configuration_and_room_for_it()
    {
        var (redis, configuration) = (Manifests.Workload("redis"), RedisConfiguration.Read());
        Assert.Equal(1, redis.Replicas);
        Assert.Equal(["redis-server", "/etc/redis/redis.conf", "--dir"], redis.Container.Args.Take(3));
        Assert.Equal(configuration.Port, Assert.Single(redis.Container.Ports).ContainerPort);
        var mounts = redis.Container.VolumeMounts.ToDictionary(mount => mount.MountPath, mount => mount.Name);
        Assert.Equal(redis.Claims.Single(), mounts[redis.Container.Args[3]]);
        var map = redis.Pod.Volumes.Single(volume => volume.Name == mounts["/etc/redis"]).ConfigMap.Name;
        Assert.Equal(Tree.Read(RedisConfiguration.File), Manifests.Of<V1ConfigMap>().Single(one => one.Metadata.Name == map).Data["redis.conf"]);
        Assert.True(redis.Container.Resources.Limits["memory"].ToInt64() > configuration.MaximalMemory);
        Assert.All(
            Manifests.Silos,
            workload => Assert.StartsWith($"redis:{configuration.Port},password=", SettingsOf(workload).Cluster.Redis, StringComparison.Ordinal));
    }
}
