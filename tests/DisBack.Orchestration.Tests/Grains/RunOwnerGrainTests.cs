using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>What an owner tells is what it has written.</summary>
public sealed class RunOwnerGrainTests
{
    [Fact]
    public async Task Who_watches_sees_a_pause_when_it_is_durable_and_not_before()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 5);
        var folder = Directory.CreateTempSubdirectory("disback-slow-");
        var blobs = SlowBlobs.Over(new FolderBlobStore(folder.FullName));
        await using (var site = await Site.OpenAsync(script, services: services => services.AddSingleton<IBlobStore>(blobs)))
        {
            var teacher = site.Host.Grains.GetGrain<ITeacherGrain>("paused");
            await teacher.TrainAsync("{}");
            await hold.Reached;
            await Site.UntilAsync(teacher, RunStatus.Running);

            var slow = (SlowBlobs)blobs;
            slow.Gate = new TaskCompletionSource();
            var pausing = teacher.PauseAsync();
            await slow.Waiting.Task;
            var meanwhile = await Site.UntilAsync(teacher, _ => true);
            slow.Gate.SetResult();
            await pausing;
            var afterwards = await Site.UntilAsync(teacher, _ => true);
            hold.Open();
            await Site.UntilAsync(teacher, RunStatus.Paused);

            Assert.DoesNotContain(meanwhile.Events, happened => happened.Message.StartsWith("Pausing", StringComparison.Ordinal));
            Assert.Contains(afterwards.Events, happened => happened.Message.StartsWith("Pausing", StringComparison.Ordinal));
        }
        folder.Delete(recursive: true);
    }

    /// <summary>A store whose next write of a document waits at a gate.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "The proxy that is made derives from it.")]
    internal class SlowBlobs : DispatchProxy
    {
        private IBlobStore _inner = null!;

        public TaskCompletionSource? Gate { get; set; }

        public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static IBlobStore Over(IBlobStore inner)
        {
            var blobs = Create<IBlobStore, SlowBlobs>();
            ((SlowBlobs)blobs)._inner = inner;
            return blobs;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var gate = Gate?.Task;
            return targetMethod!.Name == nameof(IBlobStore.WriteAsync) && gate is { IsCompleted: false } && ((string)args![0]!).StartsWith("state/", StringComparison.Ordinal)
                ? LateAsync()
                : targetMethod.Invoke(_inner, args);

            async Task<string> LateAsync()
            {
                Waiting.TrySetResult();
                await gate;
                return await (Task<string>)targetMethod.Invoke(_inner, args)!;
            }
        }
    }
}
