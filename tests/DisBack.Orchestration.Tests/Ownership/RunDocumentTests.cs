using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Orchestration.Tests.Ownership;

/// <summary>What is written, and what remains when it cannot be.</summary>
public sealed class RunDocumentTests
{
    private readonly FakeState _state = new();
    private readonly RunDocument<TeacherDocument> _document;

    public RunDocumentTests() =>
        _document = new RunDocument<TeacherDocument>(_state, RunId.Teacher("mine"), known => known.Run, (known, run) => known with { Run = run }, Services());

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

    private Task<RunTransition> ApplyAsync(RunCommand command, Func<TeacherDocument, TeacherDocument>? also = null) =>
        _document.ApplyAsync(command, keep: 3, also);

    private static RunOwnerServices Services() => new(
        Options.Create(new RetryOptions()), Options
            .Create(new TrainingOptions()), new FakeMembership(), new FakeReminders(), new RunHistory(NullLoggerFactory.Instance),
        new FolderBlobStore("unused"), new FakeTimeProvider(), NullLogger<RunOwnerServices>.Instance);

    private sealed class FakeState : IPersistentState<TeacherDocument>
    {
        public TeacherDocument State { get; set; } = new();

        public string? Etag => null;

        public bool RecordExists => Writes > 0;

        public int Writes { get; private set; }

        public Exception? Refusal { get; set; }

        public Task WriteStateAsync()
        {
            if (Refusal is not null)
            {
                throw Refusal;
            }
            Writes++;
            return Task.CompletedTask;
        }

        public Task ReadStateAsync() => throw new NotSupportedException();

        public Task ClearStateAsync() => throw new NotSupportedException();
    }
}
