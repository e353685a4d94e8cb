using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Silos;

/// <summary>What the fault tests stand on: without faults a cluster makes the student that one process makes, bit for bit.</summary>
public sealed class TestClusterTests
{
    [Fact, Trait("Length", "Long")]
    public async Task A_cluster_without_faults_makes_the_same_student_as_one_process()
    {
        var alone = await FaultFreeRun.StudentsAsync(
            teacher => [TinyExperiment.Spec("alone", teacher), TinyExperiment.Spec("again", teacher), TinyExperiment.Spec("other", teacher, seed: 1)]);
        await using var cluster = await TestCluster.StartAsync();

        var trial = await cluster.SubmitAsync(TinyExperiment.Spec("clustered", cluster.Teacher), TestContext.Current.CancellationToken);
        await TestCluster.CompletedAsync(trial);

        Assert.Equal(alone[0], alone[1]);
        Assert.NotEqual(alone[0], alone[2]);
        Assert.Equal(alone[0], await cluster.StudentAsync(trial));
        Assert.Empty(await cluster.ViolationsAsync());
    }
}
