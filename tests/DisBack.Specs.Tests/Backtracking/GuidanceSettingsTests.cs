using DisBack.Specs.Backtracking;

namespace DisBack.Specs.Tests.Backtracking;

/// <summary>The scale of guidance along a trajectory of five nodes, whose last index is 4.</summary>
public sealed class GuidanceSettingsTests
{
    [Theory]
    [InlineData(GuidanceSchedule.Rising, 4, 1)]
    [InlineData(GuidanceSchedule.Rising, 2, 2)]
    [InlineData(GuidanceSchedule.Rising, 0.5, 2.75)]
    [InlineData(GuidanceSchedule.Rising, 0, 3)]
    [InlineData(GuidanceSchedule.Constant, 4, 3)]
    [InlineData(GuidanceSchedule.Constant, 0, 3)]
    [InlineData(GuidanceSchedule.Teacher, 0.5, 1)]
    [InlineData(GuidanceSchedule.Teacher, 0, 3)]
    public void The_scale_follows_its_schedule(GuidanceSchedule along, double position, double expected) =>
        Assert.Equal(expected, new GuidanceSettings { Scale = 3, Along = along }.At(position, 4), 12);

    [Fact]
    public void A_trajectory_of_the_teacher_alone_is_guided_at_once() => Assert.Equal(3, new GuidanceSettings { Scale = 3 }.At(0, 0));
}
