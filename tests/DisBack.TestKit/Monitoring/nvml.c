// The part of NVIDIA's management library that DisBack calls, as its reference declares it, for two devices that are not there. Fields that lie beside one
// another differ, so that none can be taken for its neighbour. The second device is partitioned, and so says nothing of its utilization.

typedef enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3 } nvmlReturn_t;
typedef struct device* nvmlDevice_t;
typedef struct { unsigned int gpu, memory; } nvmlUtilization_t;
typedef struct { unsigned long long total, free, used; } nvmlMemory_t;

struct device { int partitioned; unsigned int celsius; };

static struct device devices[] = { { 0, 61 }, { 1, 47 } };

nvmlReturn_t nvmlInit_v2(void) { return SUCCESS; }

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int* count) { *count = 2; return SUCCESS; }

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t* device)
{
    if (index > 1) { return INVALID_ARGUMENT; }
    *device = &devices[index];
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t* rates)
{
    if (device->partitioned) { return NOT_SUPPORTED; }
    rates->gpu = 42;
    rates->memory = 7;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory)
{
    memory->total = 80ull << 30;
    memory->free = 50ull << 30;
    memory->used = 30ull << 30;
    return device ? SUCCESS : INVALID_ARGUMENT;
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned int* celsius)
{
    if (sensor != 0) { return INVALID_ARGUMENT; }
    *celsius = device->celsius;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int* milliwatts)
{
    *milliwatts = 350500;
    return device ? SUCCESS : INVALID_ARGUMENT;
}
