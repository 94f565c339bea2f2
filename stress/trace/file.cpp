#include "stress/trace/file.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <zstd.h>

#include "stress/trace/codec.h"
#include "stress/trace/text.h"

namespace trace {
namespace {

constexpr int kLevel = 19;  // committed files are read often and written once
constexpr size_t kPieceBytes = 1 << 20;

bool is_compressed(const std::string& data) {
    return data.starts_with("\x28\xb5\x2f\xfd");
}

std::optional<Refusal> read_bytes(const std::string& path, std::string* data) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return Refusal{0, std::string("cannot be opened: ") + std::strerror(errno)};
    std::string piece(kPieceBytes, 0);
    while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())) ||
           stream.gcount() != 0) {
        data->append(piece, 0, static_cast<size_t>(stream.gcount()));
        if (data->size() > kFileBytesMax) return Refusal{data->size(), "too large"};
    }
    if (stream.bad()) return Refusal{data->size(), "cannot be read"};
    return std::nullopt;
}

}  // namespace

std::optional<Refusal> decompress(const std::string& data, std::string* plain) {
    const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
    if (context == nullptr) return Refusal{0, "no memory to decompress"};
    std::string piece(ZSTD_DStreamOutSize(), 0);
    ZSTD_inBuffer input = {data.data(), data.size(), 0};
    while (true) {
        ZSTD_outBuffer output = {piece.data(), piece.size(), 0};
        const size_t state = ZSTD_decompressStream(context.get(), &output, &input);
        if (ZSTD_isError(state) != 0) {
            return Refusal{plain->size(),
                           "byte " + std::to_string(input.pos) +
                               " of the compressed file: " + ZSTD_getErrorName(state)};
        }
        plain->append(piece, 0, output.pos);
        if (plain->size() > kFileBytesMax) return Refusal{plain->size(), "too large"};
        if (input.pos == input.size && output.pos < output.size) return std::nullopt;
    }
}

std::string compress(const std::string& plain) {
    const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(),
                                                                     ZSTD_freeCCtx);
    std::string data;
    if (context == nullptr) return data;
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    data.resize(ZSTD_compressBound(plain.size()));
    const size_t bytes =
        ZSTD_compress2(context.get(), data.data(), data.size(), plain.data(), plain.size());
    data.resize(ZSTD_isError(bytes) != 0 ? 0 : bytes);
    return data;
}

std::optional<Refusal> load(const std::string& path, Trace* trace) {
    std::string data;
    if (auto refusal = read_bytes(path, &data)) return refusal;
    if (is_compressed(data)) {
        std::string plain;
        if (auto refusal = decompress(data, &plain)) return refusal;
        data = std::move(plain);
    }
    if (is_text(data)) return parse_text(data, trace);
    return decode({reinterpret_cast<const unsigned char*>(data.data()), data.size()}, trace);
}

bool save(const std::string& path, const Trace& trace, Form form, std::string* error) {
    std::string data = form == Form::text ? print_text(trace) : encode(trace);
    if (form == Form::compressed) data = compress(data);
    if (data.empty()) {
        *error = "no memory to compress";
        return false;
    }
    const std::string beside = path + ".part";
    std::ofstream stream(beside, std::ios::binary | std::ios::trunc);
    stream.write(data.data(), static_cast<std::streamsize>(data.size()));
    stream.close();
    if (stream && std::rename(beside.c_str(), path.c_str()) == 0) return true;
    *error = path + ": " + std::strerror(errno);
    std::remove(beside.c_str());
    return false;
}

}  // namespace trace
