// SPDX-License-Identifier: ISC
// Feeds every file below the given folders and files to a fuzz target, so that the corpus is an ordinary
// test with any compiler. Exit 1 when nothing was found to feed: a lost corpus must not pass.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& start) {
    if (!fs::is_directory(start)) return {start};
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(start))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

void feed(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    // An exact copy on the heap: the address sanitizer sees a read of one octet too far.
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

} // namespace

int main(int argc, char** argv) try {
    std::size_t fed = 0;
    for (int i = 1; i < argc; ++i) {
        for (const fs::path& path : files_below(argv[i])) {
            feed(path);
            ++fed;
        }
    }
    std::printf("%zu inputs\n", fed);
    return fed > 0 ? 0 : 1;
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
