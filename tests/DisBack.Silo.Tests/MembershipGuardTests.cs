using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Silo.Tests;

/// <summary>
/// A silo that the membership table has lost asks to be started again; one that is listed, not active yet, or cannot read the table does not.
/// </summary>
public sealed class MembershipGuardTests : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);

    private readonly FakeTime _time = new();
    private readonly FakeTable _table = new();
    private readonly FakeMembership _membership = new();
    private readonly FakeLifetime _lifetime = new();
    private readonly SiloLife _life;
    private readonly MembershipGuard _guard;
    private bool _exited;

    public MembershipGuardTests()
    {
        var details = new FakeDetails();
        _life = new(_membership, details, _lifetime);
        _guard = new(
            _table,
            _membership,
            details,
            _life,
            s_period,
            failure => failure is KeyNotFoundException,
            () => _exited = true,
            _time,
            NullLogger<MembershipGuard>.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lost_twice_in_a_row_it_stops_to_be_started_again()
    {
        await StartAsync();
        await TickAsync(Answer.Listed);
        await TickAsync(Answer.Missing);
        Assert.Equal(0, _life.ExitCode);
        await TickAsync(Answer.Missing);
        await _lifetime.Stopped.WaitAsync(Cancellation);
        await _guard.ExecuteTask!;
        Assert.Equal(ExitCodes.Restart, _life.ExitCode);
        Assert.False(_exited);
        // The runs have drained by then; the silo's own farewell needs the table.
        await _guard.StopAsync(Cancellation);
        Assert.True(_exited);
    }

    [Fact]
    public async Task A_table_that_is_gone_has_lost_it_too()
    {
        await StartAsync();
        await TickAsync(Answer.NoTable);
        await TickAsync(Answer.NoTable);
        await _lifetime.Stopped.WaitAsync(Cancellation);
        Assert.Equal(ExitCodes.Restart, _life.ExitCode);
    }

    [Fact]
    public async Task Listed_again_in_between_it_stays()
    {
        await StartAsync();
        foreach (var answer in new[] { Answer.Missing, Answer.Listed, Answer.Missing, Answer.Listed, Answer.Listed })
        {
            await TickAsync(answer);
        }
        Assert.False(_lifetime.Stopped.IsCompleted);
    }

    [Fact]
    public async Task A_table_that_does_not_answer_has_lost_nothing()
    {
        await StartAsync();
        foreach (var answer in new[] { Answer.Missing, Answer.Failure, Answer.Missing, Answer.Failure, Answer.Failure, Answer.Listed })
        {
            await TickAsync(answer);
        }
        Assert.False(_lifetime.Stopped.IsCompleted);
    }

    [Fact]
    public async Task Before_it_is_active_it_does_not_even_look()
    {
        _membership.Status = SiloStatus.Joining;
        await StartAsync();
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(s_period);
            await _membership.Looks.WaitAsync(Cancellation);
        }
        Assert.False(_table.IsAsked);
        _membership.Status = SiloStatus.Active;
        await TickAsync(Answer.Listed);
    }

    public async ValueTask DisposeAsync()
    {
        _table.Close();
        await _guard.StopAsync(CancellationToken.None);
        _guard.Dispose();
    }

    private async Task StartAsync()
    {
        await _guard.StartAsync(Cancellation);
        await _time.TimerCreated.WaitAsync(Cancellation);
    }

    private Task TickAsync(Answer answer) => _table.WillAnswerAsync(answer, () => _time.Advance(s_period), Cancellation);

    private enum Answer
    {
        Listed,
        Missing,
        NoTable,
        Failure,
    }

    /// <summary>A service runs beside its start, and what is advanced before there is a timer moves none.</summary>
    private sealed class FakeTime : FakeTimeProvider
    {
        private readonly TaskCompletionSource _created = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task TimerCreated => _created.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _created.TrySetResult();
            return timer;
        }
    }

    private sealed class FakeTable : IMembershipTable
    {
        private readonly Channel<Answer> _answers = Channel.CreateUnbounded<Answer>();
        private TaskCompletionSource _asked = new();

        public bool IsAsked { get; private set; }

        public async Task WillAnswerAsync(Answer answer, Action tick, CancellationToken cancellation)
        {
            _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            tick();
            await _asked.Task.WaitAsync(cancellation);
            await _answers.Writer.WriteAsync(answer, cancellation);
        }

        public void Close() => _answers.Writer.Complete();

        public async Task<MembershipTableData> ReadAll()
        {
            IsAsked = true;
            _asked.TrySetResult();
            return await _answers.Reader.ReadAsync() switch
            {
                Answer.Listed => new(Tuple.Create(new MembershipEntry { SiloAddress = FakeDetails.Address }, "1"), new TableVersion(1, "1")),
                Answer.Missing => new(new TableVersion(1, "1")),
                Answer.NoTable => throw new KeyNotFoundException("There is no row."),
                _ => throw new IOException("The server does not answer."),
            };
        }

        public Task InitializeMembershipTable(bool tryInitTableVersion) => throw new NotSupportedException();

        public Task DeleteMembershipTableEntries(string clusterId) => throw new NotSupportedException();

        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => throw new NotSupportedException();

        public Task<MembershipTableData> ReadRow(SiloAddress key) => throw new NotSupportedException();

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => throw new NotSupportedException();

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => throw new NotSupportedException();

        public Task UpdateIAmAlive(MembershipEntry entry) => throw new NotSupportedException();
    }

    private sealed class FakeMembership : IClusterMembershipService
    {
        public SiloStatus Status { get; set; } = SiloStatus.Active;

        /// <summary>One for every look at the snapshot.</summary>
        public SemaphoreSlim Looks { get; } = new(0);

        public ClusterMembershipSnapshot CurrentSnapshot
        {
            get
            {
                var members = ImmutableDictionary<SiloAddress, ClusterMember>.Empty
                    .Add(FakeDetails.Address, new ClusterMember(FakeDetails.Address, Status, "silo"));
                Looks.Release();
                return new(members, new MembershipVersion(1));
            }
        }

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    private sealed class FakeDetails : ILocalSiloDetails
    {
        public static readonly SiloAddress Address = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), 1);

        public string Name => "silo";

        public string ClusterId => "disback";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => Address;

        public SiloAddress GatewayAddress => Address;
    }

    private sealed class FakeLifetime : IHostApplicationLifetime
    {
        private readonly TaskCompletionSource _stopped = new();

        public Task Stopped => _stopped.Task;

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => _stopped.TrySetResult();
    }
}
