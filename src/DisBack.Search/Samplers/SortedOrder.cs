namespace DisBack.Search.Samplers;

/// <summary>
/// The order that sorts numbers: quicksort with the median of three, and insertion for 16 or fewer (Sedgewick, Implementing quicksort programs, 1978).
/// </summary>
/// <remarks>
/// The order of equal numbers is part of the result: the first and the last of them are the neighbours of other numbers and get the wider components, of
/// whatever weight they have. The library's sort promises no order; this is the one of NumPy 1.24's argsort, with which the reference densities were made.
/// </remarks>
internal static class SortedOrder
{
    private const int InsertionSpan = 15;

    /// <summary>Sorts numbers and tells where each of them was.</summary>
    public static int[] Sort(double[] numbers)
    {
        int[] order = [.. Enumerable.Range(0, numbers.Length)];
        Quicksort(numbers, order, 0, order.Length - 1);
        return order;
    }

    private static void Quicksort(double[] numbers, int[] order, int left, int right)
    {
        while (right - left > InsertionSpan)
        {
            var split = Partition(numbers, order, left, right);
            // The shorter part by a call, so that the stack stays low.
            if (split - left < right - split)
            {
                Quicksort(numbers, order, left, split - 1);
                left = split + 1;
            }
            else
            {
                Quicksort(numbers, order, split + 1, right);
                right = split - 1;
            }
        }
        for (var i = left + 1; i <= right; i++)
        {
            var (number, position) = (numbers[i], order[i]);
            var j = i;
            for (; j > left && number < numbers[j - 1]; j--)
            {
                (numbers[j], order[j]) = (numbers[j - 1], order[j - 1]);
            }
            (numbers[j], order[j]) = (number, position);
        }
    }

    private static int Partition(double[] numbers, int[] order, int left, int right)
    {
        var middle = left + (right - left) / 2;
        SwapIfLess(middle, left);
        SwapIfLess(right, middle);
        SwapIfLess(middle, left);
        var pivot = numbers[middle];
        var (i, j) = (left, right - 1);
        Swap(middle, j);
        while (true)
        {
            while (numbers[++i] < pivot)
            {
            }
            while (pivot < numbers[--j])
            {
            }
            if (i >= j)
            {
                Swap(i, right - 1);
                return i;
            }
            Swap(i, j);
        }

        void SwapIfLess(int later, int earlier)
        {
            if (numbers[later] < numbers[earlier])
            {
                Swap(later, earlier);
            }
        }

        void Swap(int a, int b)
        {
            (numbers[a], numbers[b]) = (numbers[b], numbers[a]);
            (order[a], order[b]) = (order[b], order[a]);
        }
    }
}
