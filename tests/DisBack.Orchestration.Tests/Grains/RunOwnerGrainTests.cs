using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage;
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

    [Fact]
    public async Task An_owner_that_cannot_write_says_so_until_it_can()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 5);
        var folder = Directory.CreateTempSubdirectory("disback-full-");
        var blobs = SlowBlobs.Over(new FolderBlobStore(folder.FullName));
        await using (var site = await Site.OpenAsync(script, services: services => services.AddSingleton<IBlobStore>(blobs)))
        {
            var teacher = site.Host.Grains.GetGrain<ITeacherGrain>("unwritten");
            await teacher.TrainAsync("{}");
            await hold.Reached;
            await Site.UntilAsync(teacher, RunStatus.Running);

            ((SlowBlobs)blobs).Refusal = "The disk is full.";
            var refused = await Assert.ThrowsAsync<Orleans.Runtime.OrleansException>(() => teacher.PauseAsync());
            var why = await teacher.WhyAsync();
            var told = await Site.UntilAsync(teacher, _ => true);
            ((SlowBlobs)blobs).Refusal = null;
            await teacher.PauseAsync();
            hold.Open();
            var paused = await Site.UntilAsync(teacher, RunStatus.Paused);

            Assert.IsType<StorageException>(refused.InnerException);
            Assert.Equal(["Its state cannot be written, so it comes no further: The disk is full."], why);
            Assert.Equal((RunStatus.Running, why[0]), (told.Status, told.Reason));
            Assert.Null(paused.Reason);
        }
        folder.Delete(recursive: true);
    }

    /// <summary>A store that refuses documents, or whose next write of one waits at a gate.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "The proxy that is made derives from it.")]
    internal class SlowBlobs : DispatchProxy
    {
        private IBlobStore _inner = null!;

        public TaskCompletionSource? Gate { get; set; }

        public string? Refusal { get; set; }

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
            var isDocument = targetMethod!.Name == nameof(IBlobStore.WriteAsync) && ((string)args![0]!).StartsWith("state/", StringComparison.Ordinal);
            return isDocument && Refusal is { } refusal ? Task.FromException<string>(new StorageException(refusal))
                : isDocument && gate is { IsCompleted: false } ? LateAsync()
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
