using CsCheck;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Scheduling;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Orchestration.Tests.Scheduling;

/// <summary>The queue keeps the order in which runs first asked, whatever is asked in between.</summary>
public sealed class SlotQueueTests
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);

    private static readonly string[] s_devices = ["cpu", "cuda", "cuda:1"];

    private static readonly Gen<SlotRequest> s_requests =
        from owner in Gen.Int[0, 8]
        select new SlotRequest(RunKind.Backtracking, $"run-{owner}", s_devices[owner % s_devices.Length], []);

    [Fact]
    public void It_does_what_a_list_of_requests_does() =>
        Gen.Select(Gen.Int[0, 4], s_requests, Gen.Int[0, 3]).List[0, 60].Sample(steps =>
        {
            var time = new FakeTimeProvider();
            var queue = new SlotQueue(time);
            List<(SlotRequest Request, DateTimeOffset Asked)> expected = [];
            foreach (var (step, request, seconds) in steps)
            {
                var position = expected.FindIndex(entry => entry.Request.Owner == request.Owner);
                switch (step)
                {
                    case 0:
                        Assert.Equal(position >= 0, queue.Remove(request.Kind, request.Owner));
                        expected.RemoveAll(entry => entry.Request.Owner == request.Owner);
                        break;
                    case 1:
                        time.Advance(TimeSpan.FromSeconds(seconds));
                        queue.RemoveSilent(s_silence);
                        expected.RemoveAll(entry => time.GetUtcNow() - entry.Asked > s_silence);
                        break;
                    case 2:
                        Assert.Equal(
                            expected.Take(position < 0 ? expected.Count : position).Count(entry => Kind(entry.Request) == Kind(request)),
                            queue.CountAhead(request));
                        break;
                    default:
                        queue.Put(request, "busy");
                        expected.Insert(position < 0 ? expected.Count : position, (request, time.GetUtcNow()));
                        if (position >= 0)
                        {
                            expected.RemoveAt(position + 1);
                        }
                        break;
                }
            }
            Assert.Equal(expected.Count, queue.Count);
            Assert.Equal(expected.Select(entry => entry.Request.Owner), queue.Runs.Select(run => run.Owner));
            foreach (var kind in (string[])["cpu", "cuda"])
            {
                Assert.Equal(expected.Select(entry => entry.Request).Where(request => Kind(request) == kind), queue.For(kind));
            }
        });

    [Fact]
    public void Runs_that_read_the_same_hold_one_copy_of_its_names_until_the_last_of_them_is_gone()
    {
        var digests = new SharedDigests();
        var first = digests.Take([New("node"), New("first")]);
        var second = digests.Take([New("node"), New("second")]);

        Assert.Equal(["node", "second"], second);
        Assert.Same(first[0], second[0]);
        digests.GiveBack(first);
        Assert.Same(second[0], digests.Take([New("node")])[0]);
        digests.GiveBack(["node"]);
        digests.GiveBack(second);
        Assert.Equal(0, digests.Count);

        static string New(string text) => new(text.AsSpan());
    }

    [Fact]
    public void A_queue_that_has_emptied_holds_no_names()
    {
        var queue = new SlotQueue(TimeProvider.System);
        foreach (var head in (string[])["a", "b"])
        {
            queue.Put(new SlotRequest(RunKind.Backtracking, "run", "cpu", ["node", head]), "busy");
            queue.Put(new SlotRequest(RunKind.Backtracking, "other", "cpu", ["node"]), "busy");
        }
        Assert.Equal(2, queue.Digests);
        queue.Remove(RunKind.Backtracking, "run");
        queue.RemoveSilent(TimeSpan.FromTicks(-1));
        Assert.Equal((0, 0), (queue.Count, queue.Digests));
    }

    private static string Kind(SlotRequest request) => request.Device[..Math.Min(4, request.Device.Length)];
}
