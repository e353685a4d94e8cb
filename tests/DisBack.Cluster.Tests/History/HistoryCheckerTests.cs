using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Distillation.Generators;
using DisBack.TestKit.History;
using static DisBack.TestKit.History.HistoryEvent;

namespace DisBack.Cluster.Tests.History;

/// <summary>Every rule fires on a history that breaks it, and none on one that does not or that lacks lines.</summary>
public sealed class HistoryCheckerTests
{
    private const string Run = "backtracking/a/0000";

    /// <summary>One kill, one resume, completion: what a good history looks like.</summary>
    private static readonly ImmutableArray<HistoryRecord> s_good =
    [
        Began(1, sequence: 2, step: 0, digest: ""),
        Resumed(1, 0, ""),
        Committed(1, 4, 5, "d5"),
        Acknowledged(1, 5, "d5"),
        Committed(1, 5, 10, "d10"),
        Ended(1, 6, "Lost"),
        Began(2, 7, 10, "d10"),
        Resumed(2, 10, "d10"),
        new(Fenced, Run, 1),
        Committed(2, 9, 15, "d15"),
        Acknowledged(2, 15, "d15"),
        new(Completed, Run, 2) { Sequence = 12, Digest = "student" },
    ];

    private static readonly RunRecord s_document = new()
    {
        Status = RunStatus.Completed, Attempt = 2, Sequence = 12, Checkpoints = [new(new ContentRef("d15", 1), 15)],
    };

    [Fact]
    public void A_good_history_has_no_violations_in_whatever_order_its_lines_arrive()
    {
        Assert.Empty(Check(s_good));
        Assert.Empty(Check([.. s_good.Reverse()]));
    }

    [Fact]
    public void Missing_lines_are_no_violation()
    {
        for (var missing = 0; missing < s_good.Length; missing++)
        {
            for (var other = missing; other < s_good.Length; other++)
            {
                Assert.Empty(Check([.. s_good.Where((_, line) => line != missing && line != other)]));
            }
        }
    }

    [Fact]
    public void Two_owners_use_one_sequence_number() =>
        Breaks(HistoryRule.OneOwner, [.. s_good, Committed(2, 4, 20, "d20") with { Silo = "other" }]);

    [Fact]
    public void Two_owners_do_the_same_under_one_sequence_number() =>
        Breaks(HistoryRule.OneOwner, [.. s_good, Committed(1, 4, 5, "d5") with { Silo = "other" }]);

    [Fact]
    public void An_attempt_begins_twice() => Breaks(HistoryRule.AttemptsGrow, [.. s_good, Began(2, 8, 10, "d10")]);

    [Fact]
    public void An_attempt_has_a_smaller_number_than_the_one_before() => Breaks(HistoryRule.AttemptsGrow, [Began(3, 2, 0, ""), Began(2, 7, 0, "")]);

    [Fact]
    public void An_attempt_ends_twice() => Breaks(HistoryRule.AttemptsGrow, [.. s_good, Ended(1, 8, "Lost")]);

    [Fact]
    public void An_attempt_begins_after_completion() => Breaks(HistoryRule.AttemptsGrow, [.. s_good, Began(3, 13, 15, "d15")]);

    [Fact]
    public void An_attempt_that_was_refused_completes_the_run() => Breaks(HistoryRule.Fencing, [.. s_good, new(Fenced, Run, 2)]);

    [Fact]
    public void A_zombie_commits() => Breaks(HistoryRule.Fencing, [.. s_good, Committed(1, 8, 15, "d15")]);

    [Fact]
    public void An_attempt_commits_after_its_end() =>
        Breaks(HistoryRule.Fencing, [Began(1, 2, 0, ""), Ended(1, 3, "Lost"), Committed(1, 4, 5, "d5")]);

    [Fact]
    public void A_zombie_completes() =>
        Breaks(HistoryRule.Fencing, [.. s_good.Where(record => record.Event != Completed), new(Completed, Run, 1) { Sequence = 12 }]);

    [Fact]
    public void An_acknowledged_checkpoint_is_lost_to_the_next_attempt() =>
        Breaks(HistoryRule.NothingAcknowledgedIsLost, [.. s_good, Acknowledged(1, 12, "d12")]);

    [Fact]
    public void A_committed_checkpoint_is_lost_to_the_next_attempt_whether_or_not_a_worker_knows_of_it() =>
        Breaks(HistoryRule.NothingAcknowledgedIsLost, [.. s_good, Ended(2, 13, "Lost"), Began(3, 14, 10, "d10")]);

    [Fact]
    public void A_thread_goes_on_from_behind_an_acknowledged_checkpoint_and_nobody_saw_the_attempt_begin() =>
        Breaks(
            HistoryRule.NothingAcknowledgedIsLost,
            [.. s_good.Where(record => record is not { Event: AttemptBegan, Attempt: 2 }), Acknowledged(1, 12, "d12")]);

    [Fact]
    public void A_damaged_checkpoint_is_not_lost_but_fallen_back_from()
    {
        ImmutableArray<HistoryRecord> history =
        [
            Began(1, 2, 0, ""), Committed(1, 3, 5, "d5"), Acknowledged(1, 5, "d5"), Committed(1, 4, 10, "d10"), Acknowledged(1, 10, "d10"),
            Began(2, 6, 10, "d10"), Resumed(2, 5, "d5"), Committed(2, 7, 7, "d7"),
            Began(3, 9, 7, "d7"), Resumed(3, 7, "d7"),
        ];

        Assert.Empty(HistoryChecker.Check(history, damaged: new HashSet<string> { "d10" }));
        Assert.Equal([HistoryRule.NothingAcknowledgedIsLost, HistoryRule.RightResume], Check(history).Select(violation => violation.Rule).Distinct());
    }

    [Fact]
    public void A_fall_back_passes_over_an_intact_checkpoint() =>
        Assert.Equal(
            HistoryRule.RightResume,
            Assert.Single(HistoryChecker.Check(
                [
                    Began(1, 2, 0, ""),
                    Committed(1, 3, 5, "d5"),
                    Committed(1, 4, 10, "d10"),
                    Committed(1, 5, 15, "d15"),
                    Began(2, 6, 15, "d15"),
                    Resumed(2, 5, "d5"),
                ],
                damaged: new HashSet<string> { "d15" })).Rule);

    [Fact]
    public void An_attempt_resumes_another_step_than_its_beginning_names() =>
        Breaks(HistoryRule.RightResume, [.. s_good.Where(record => record is not { Event: HistoryEvent.Resumed, Attempt: 2 }), Resumed(2, 5, "d5")]);

    [Fact]
    public void An_attempt_starts_afresh_though_there_is_a_head() =>
        Breaks(HistoryRule.RightResume, [.. s_good.Where(record => record is not { Event: HistoryEvent.Resumed, Attempt: 2 }), Resumed(2, 0, "")]);

    [Fact]
    public void A_step_has_other_bytes_in_another_attempt() =>
        Breaks(HistoryRule.Determinism, [.. s_good, Committed(2, 10, 5, "other")]);

    [Fact]
    public void A_worker_was_told_of_other_bytes_than_were_committed() => Breaks(HistoryRule.Determinism, [.. s_good, Acknowledged(1, 10, "other")]);

    [Fact]
    public void An_attempt_commits_a_step_twice() => Breaks(HistoryRule.NoDuplicates, [.. s_good, Committed(2, 10, 15, "d15")]);

    [Fact]
    public void An_attempt_begins_from_other_bytes_than_were_committed() =>
        Breaks(HistoryRule.Determinism, [Began(1, 2, 0, ""), Committed(1, 3, 5, "d5"), Began(2, 4, 5, "other")]);

    [Fact]
    public void Two_threads_work_for_one_attempt() => Breaks(HistoryRule.NoDuplicates, [.. s_good, Resumed(2, 10, "d10") with { Silo = "other" }]);

    [Fact]
    public void An_attempt_commits_a_step_that_it_had_resumed_from() => Breaks(HistoryRule.NoDuplicates, [.. s_good, Committed(2, 8, 10, "d10")]);

    [Fact]
    public void An_attempt_that_passed_over_a_damaged_head_may_make_what_it_resumed_from_the_head()
    {
        HistoryRecord[] before = [Began(1, 2, 0, ""), Committed(1, 3, 5, "d5"), Committed(1, 4, 10, "d10"), Ended(1, 5, "Lost"), Began(2, 6, 10, "d10")];
        Assert.Empty(HistoryChecker.Check([.. before, Resumed(2, 5, "d5"), Committed(2, 7, 5, "d5")], damaged: new HashSet<string> { "d10" }));
        Breaks(HistoryRule.NoDuplicates, [.. before, Resumed(2, 10, "d10"), Committed(2, 7, 10, "d10")]);
    }

    [Fact]
    public void A_head_goes_backwards_within_an_attempt() => Breaks(HistoryRule.NoDuplicates, [.. s_good, Committed(2, 10, 12, "d12")]);

    [Fact]
    public void A_run_completes_twice() => Breaks(HistoryRule.NoDuplicates, [.. s_good, new(Completed, Run, 2) { Sequence = 13, Digest = "student" }]);

    [Theory]
    [InlineData(11, 2, 15, RunStatus.Completed)]
    [InlineData(12, 1, 15, RunStatus.Completed)]
    [InlineData(12, 2, 10, RunStatus.Completed)]
    [InlineData(12, 2, 15, RunStatus.Running)]
    public void A_document_is_behind_the_history(long sequence, int attempt, long head, RunStatus status)
    {
        var document = s_document with { Sequence = sequence, Attempt = attempt, Status = status, Checkpoints = [new(new ContentRef($"d{head}", 1), head)] };

        Assert.Equal(HistoryRule.Document, Assert.Single(HistoryChecker.Check(s_good, new Dictionary<string, RunRecord> { [Run] = document })).Rule);
    }

    [Fact]
    public void A_document_has_other_bytes_than_the_history()
    {
        RunRecord[] documents =
        [
            s_document with { Checkpoints = [new(new ContentRef("other", 1), 15)] },
            s_document with { Artifacts = s_document.Artifacts.SetItem(StudentFile.Name, new(StudentFile.Name, new ContentRef("other", 1), 15)) },
        ];

        Assert.All(documents, document =>
            Assert.Equal(HistoryRule.Document, Assert.Single(HistoryChecker.Check(s_good, new Dictionary<string, RunRecord> { [Run] = document })).Rule));
    }

    [Fact]
    public void A_line_of_a_silo_is_read_and_others_are_not()
    {
        const string line =
            """{"Timestamp":"2026-01-02T03:04:05.678Z","EventId":3,"LogLevel":"Information","Category":"DisBack.History","Message":"...","State":"""
            + """{"Message":"...","Run":"backtracking/a/0000","Attempt":2,"Sequence":9,"Step":15,"Digest":"d15","{OriginalFormat}":"..."}}""";

        var record = HistoryReader.Parse(line, "control-0");

        var at = DateTimeOffset.Parse("2026-01-02T03:04:05.678Z", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(Committed(2, 9, 15, "d15") with { Silo = "control-0", At = at }, record);
        Assert.Null(HistoryReader.Parse(line[..^20], "control-0"));
        Assert.Null(HistoryReader.Parse("""{"Category":"Orleans","Message":"about DisBack.History","State":{}}""", "control-0"));
        Assert.Null(HistoryReader.Parse("words", "control-0"));
    }

    private static void Breaks(HistoryRule rule, ImmutableArray<HistoryRecord> history) =>
        Assert.Contains(rule, HistoryChecker.Check(history).Select(violation => violation.Rule).Distinct());

    private static IReadOnlyList<Violation> Check(ImmutableArray<HistoryRecord> history) =>
        HistoryChecker.Check(history, history.Length == s_good.Length ? new Dictionary<string, RunRecord> { [Run] = s_document } : null);

    private static HistoryRecord Began(int attempt, long sequence, long step, string digest) =>
        new(AttemptBegan, Run, attempt) { Sequence = sequence, Step = step, Digest = digest };

    private static HistoryRecord Ended(int attempt, long sequence, string cause) => new(AttemptEnded, Run, attempt) { Sequence = sequence, Cause = cause };

    private static HistoryRecord Committed(int attempt, long sequence, long step, string digest) =>
        new(CheckpointCommitted, Run, attempt) { Sequence = sequence, Step = step, Digest = digest };

    private static HistoryRecord Acknowledged(int attempt, long step, string digest) =>
        new(CheckpointAcknowledged, Run, attempt) { Step = step, Digest = digest };

    private static HistoryRecord Resumed(int attempt, long step, string digest) => new(HistoryEvent.Resumed, Run, attempt) { Step = step, Digest = digest };
}
