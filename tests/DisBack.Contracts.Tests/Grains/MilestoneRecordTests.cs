using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Contracts.Tests.Grains;

/// <summary>Milestones between workers and owners, whose versions may differ.</summary>
public sealed class MilestoneRecordTests
{
    private static readonly ContentRef s_content = new(new string('a', 64), 7);

    [Theory]
    [InlineData(0.1)]
    [InlineData(1.0 / 3)]
    [InlineData(null)]
    public void A_node_and_a_switch_survive_the_way(double? value)
    {
        var node = new NodeRef(3, 30, s_content, value) { WeightDistance = 0.02, OutputDistance = value };
        var made = new SwitchRecord(40, 2, 1, value);

        Assert.Equal(node, MilestoneRecord.Of(node).ToNode());
        Assert.Equal(made, MilestoneRecord.Of(made).ToSwitch());
    }

    [Fact]
    public void The_payload_of_a_later_version_may_say_more()
    {
        var node = new MilestoneRecord(MilestoneRecord.Node, 30, """{"index":3,"loss":0.5,"distance":0.1}""", s_content);

        Assert.Equal(new NodeRef(3, 30, s_content, 0.5), node.ToNode());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"loss":0.5}""")]
    public void A_payload_that_is_not_that_of_its_kind_is_refused_with_what_to_do(string payload)
    {
        Assert.Contains(
            "version of the control silos",
            Assert.Throws<DisBackException>(new MilestoneRecord(MilestoneRecord.Node, 30, payload, s_content).ToNode).Message,
            StringComparison.Ordinal);
        Assert.Throws<DisBackException>(new MilestoneRecord(MilestoneRecord.Switch, 30, payload).ToSwitch);
        Assert.Throws<DisBackException>(new MilestoneRecord(MilestoneRecord.Node, 30, """{"index":3}""").ToNode);
    }

    [Theory]
    [InlineData("", "Milestone warm-up.")]
    [InlineData("{}", "Milestone warm-up.")]
    [InlineData("""{"accuracy":0.93,"reference":"digits"}""", "Milestone warm-up: accuracy 0.93, reference digits.")]
    [InlineData("[1,2]", "Milestone warm-up: [1,2].")]
    [InlineData("not JSON", "Milestone warm-up: not JSON.")]
    public void Any_payload_is_readable(string payload, string text) => Assert.Equal(text, new MilestoneRecord("warm-up", 5, payload).Describe());

    [Fact]
    public void A_long_payload_is_cut_because_events_lie_in_the_document()
    {
        var text = new MilestoneRecord("warm-up", 5, $$"""{"log":"{{new string('x', 10_000)}}"}""", s_content).Describe();

        Assert.InRange(text.Length, 100, 500);
        Assert.EndsWith("...", text, StringComparison.Ordinal);
        Assert.Equal("Milestone warm-up: content sha256:aaaaaaaaaaaa.", new MilestoneRecord("warm-up", 5, "", s_content).Describe());
    }
}
