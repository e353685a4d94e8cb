using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Supervision;
using DisBack.Orchestration.Training;
using DisBack.Specs.Training;
using DisBack.Storage;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Orchestration.Tests.Ownership;

/// <summary>What is written, and what remains when it cannot be.</summary>
public sealed class RunDocumentTests : IDisposable
{
    private static readonly RunId s_id = RunId.Teacher("mine");

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-document-").FullName;
    private readonly FakeState _state = new();
    private readonly FolderBlobStore _blobs;
    private readonly RunDocument<TeacherDocument> _document;

    public RunDocumentTests()
    {
        _blobs = new FolderBlobStore(_folder);
        _document = Activate();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_change_is_written_and_what_only_passes_is_not()
    {
        await ApplyAsync(new RunCommand.Submit());
        await ApplyAsync(new RunCommand.AwaitSlot("busy"));
        await ApplyAsync(new RunCommand.AwaitSlot("busy (position 2 in the queue)"));

        Assert.Equal(2, _state.Writes);
        Assert.Equal("busy (position 2 in the queue)", _document.Run.Reason);
    }

    [Fact]
    public async Task What_else_changes_is_written_with_the_command_even_if_that_alone_were_not()
    {
        await ApplyAsync(new RunCommand.Submit());

        var transition = await ApplyAsync(new RunCommand.Submit(), known => known with { Network = "{}" });

        Assert.True(transition.Persist);
        Assert.Equal((2, "{}"), (_state.Writes, _state.State.Network));
    }

    [Fact]
    public async Task What_cannot_be_written_has_not_happened_and_the_reason_stays_until_a_write_succeeds()
    {
        _state.Refusal = new IOException("No space left on device");
        await Assert.ThrowsAsync<IOException>(() => ApplyAsync(new RunCommand.Submit(), known => known with { Network = "{}" }));
        var (refused, unwritten) = (_document.Value, _document.Unwritten);
        _state.Refusal = null;
        await ApplyAsync(new RunCommand.Submit());

        Assert.Equal(new TeacherDocument(), refused);
        Assert.Equal("Its state cannot be written, so it comes no further: No space left on device", unwritten);
        Assert.Null(_document.Unwritten);
        Assert.NotEqual(default, _document.Run.Submitted);
    }

    [Fact]
    public async Task A_fenced_call_changes_nothing()
    {
        var transition = await ApplyAsync(new RunCommand.Note(3, RunEventKind.Note, 1, "late"), known => known with { Network = "{}" });

        Assert.Equal((CommitResult.Fenced, 0, ""), (transition.Result, _state.Writes, _document.Value.Network));
    }

    [Fact]
    public async Task A_run_is_marked_before_it_is_written_and_until_it_has_settled()
    {
        _state.Writing = async () => Assert.Equal(s_id, Assert.Single(await MarksAsync()).Run);
        await ApplyAsync(new RunCommand.Submit());
        await ApplyAsync(new RunCommand.AwaitSlot("busy"));
        await ApplyAsync(new RunCommand.Cancel());

        Assert.Equal(3, _state.Writes);
        Assert.Empty(await MarksAsync());
    }

    [Fact]
    public async Task The_activation_that_settles_a_run_deletes_the_mark_of_an_earlier_one()
    {
        await ApplyAsync(new RunCommand.Submit());

        await Activate().ApplyAsync(new RunCommand.Cancel(), new CheckpointSettings(), null);

        Assert.Empty(await MarksAsync());
    }

    [Fact]
    public async Task An_activation_that_settles_a_run_spares_the_mark_of_whoever_began_it_again()
    {
        await ApplyAsync(new RunCommand.Submit());
        _state.Writing = () => new UnfinishedRuns(_blobs).MarkAsync(s_id);

        await ApplyAsync(new RunCommand.Cancel());

        Assert.Single(await MarksAsync());
    }

    [Fact]
    public async Task A_run_that_cannot_be_marked_is_not_begun()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "unfinished"), "a file where the folder of the marks belongs", TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<StorageException>(() => ApplyAsync(new RunCommand.Submit()));

        Assert.Equal((0, default), (_state.Writes, _document.Run.Submitted));
    }

    private RunDocument<TeacherDocument> Activate() =>
        new(_state, s_id, known => known.Run, (known, run) => known with { Run = run }, Services(_blobs));

    private async Task<IReadOnlyList<(RunId Run, string Mark, DateTimeOffset Written)>> MarksAsync() =>
        await new UnfinishedRuns(_blobs).ListAsync().ToListAsync();

    private Task<RunTransition> ApplyAsync(RunCommand command, Func<TeacherDocument, TeacherDocument>? also = null) =>
        _document.ApplyAsync(command, new CheckpointSettings(), also);

    private static RunOwnerServices Services(IBlobStore blobs) => new(
        Options.Create(new RetryOptions()), Options
            .Create(new TrainingOptions()), new FakeMembership(), new FakeReminders(), new RunHistory(NullLoggerFactory.Instance),
        blobs, new CompactionQueue(blobs), new FakeTimeProvider(), NullLogger<RunOwnerServices>.Instance);

    private sealed class FakeState : IPersistentState<TeacherDocument>
    {
        public TeacherDocument State { get; set; } = new();

        public string? Etag => null;

        public bool RecordExists => Writes > 0;

        public int Writes { get; private set; }

        public Exception? Refusal { get; set; }

        /// <summary>What happens while it is written.</summary>
        public Func<Task> Writing { get; set; } = () => Task.CompletedTask;

        public async Task WriteStateAsync()
        {
            if (Refusal is not null)
            {
                throw Refusal;
            }
            Writes++;
            await Writing();
        }

        public Task ReadStateAsync() => throw new NotSupportedException();

        public Task ClearStateAsync() => throw new NotSupportedException();
    }
}
